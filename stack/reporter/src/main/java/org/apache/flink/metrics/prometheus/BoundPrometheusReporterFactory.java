package org.apache.flink.metrics.prometheus;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.util.Properties;
import org.apache.flink.metrics.reporter.MetricReporter;
import org.apache.flink.metrics.reporter.MetricReporterFactory;

/** Makes the reporter from {@code metrics.reporter.<name>.host} and {@code .port}. */
public class BoundPrometheusReporterFactory implements MetricReporterFactory {
    @Override
    public MetricReporter createMetricReporter(Properties options) {
        String host = options.getProperty("host", "127.0.0.1");
        InetSocketAddress address = new InetSocketAddress(host, Integer.parseInt(options.getProperty("port")));
        try {
            return new BoundPrometheusReporter(address);
        } catch (IOException refused) {
            throw new UncheckedIOException("metrics reporter: cannot listen on " + address, refused);
        }
    }
}
