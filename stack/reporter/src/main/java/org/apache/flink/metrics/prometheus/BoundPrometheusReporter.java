package org.apache.flink.metrics.prometheus;

import io.prometheus.client.exporter.HTTPServer;
import java.io.IOException;
import java.net.InetSocketAddress;

/** Flink's Prometheus reporter on one address; Flink's own listens on all of them. */
class BoundPrometheusReporter extends AbstractPrometheusReporter {
    private final HTTPServer server;

    BoundPrometheusReporter(InetSocketAddress address) throws IOException {
        server = new HTTPServer(address, registry, true);
    }

    @Override
    public void close() {
        server.stop();
        super.close();
    }
}
