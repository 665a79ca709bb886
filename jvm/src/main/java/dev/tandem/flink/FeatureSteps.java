package dev.tandem.flink;

import dev.tandem.features.Feature;
import dev.tandem.features.FeatureError;
import dev.tandem.features.FeatureFunction;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.zip.CRC32C;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonProcessingException;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.ObjectMapper;

/**
 * The specification of features as JSON: a list of steps, in the order in which events go through them.
 *
 * <pre>{@code
 * [{"key": "card_id", "lateness_ms": 3600000, "duplicates_ms": 0, "features": [
 *    {"name": "card_count_10m", "function": "count", "field": null, "source_type": "transaction",
 *     "filter": null, "window_ms": 600000, "step_ms": 0, "on": ["transaction"]}]}]
 * }</pre>
 */
final class FeatureSteps {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Set<String> STEP_MEMBERS = Set.of("key", "lateness_ms", "duplicates_ms", "features");
    private static final Set<String> FEATURE_MEMBERS =
            Set.of("name", "function", "field", "source_type", "filter", "window_ms", "step_ms", "on");

    private FeatureSteps() {}

    static List<FeatureStep> read(String json) {
        JsonNode steps;
        try {
            steps = JSON.readTree(json);
        } catch (JsonProcessingException error) {
            throw new FeatureError("specification", "expected JSON: " + error.getOriginalMessage());
        }
        List<FeatureStep> read = new ArrayList<>();
        Set<String> names = new HashSet<>();
        for (JsonNode step : steps) {
            read.add(step(step, names));
        }
        return read;
    }

    private static FeatureStep step(JsonNode step, Set<String> names) {
        refuseUnknown(step, STEP_MEMBERS);
        List<Feature> features = new ArrayList<>();
        for (JsonNode each : step.path("features")) {
            Feature feature = feature(each);
            if (!names.add(feature.name())) {
                throw new FeatureError(feature.name(), "the name is used twice");
            }
            features.add(feature);
        }
        return new FeatureStep(text(step, "key"), number(step, "lateness_ms"), number(step, "duplicates_ms"), features,
                fingerprint(step));
    }

    private static String fingerprint(JsonNode step) {
        CRC32C checksum = new CRC32C();
        checksum.update(step.toString().getBytes(StandardCharsets.UTF_8));
        return Long.toHexString(checksum.getValue());
    }

    private static Feature feature(JsonNode feature) {
        refuseUnknown(feature, FEATURE_MEMBERS);
        Set<String> on = new HashSet<>();
        feature.path("on").forEach(type -> on.add(type.asText()));
        String name = text(feature, "name");
        return new Feature(name, function(name, text(feature, "function")), optionalText(feature, "field"),
                text(feature, "source_type"), optionalText(feature, "filter"),
                number(feature, "window_ms"), number(feature, "step_ms"), on);
    }

    private static FeatureFunction function(String feature, String function) {
        try {
            return FeatureFunction.valueOf(function.toUpperCase(Locale.ROOT));
        } catch (IllegalArgumentException error) {
            throw new FeatureError(feature, "unknown function " + function);
        }
    }

    private static void refuseUnknown(JsonNode node, Set<String> known) {
        node.fieldNames().forEachRemaining(name -> {
            if (!known.contains(name)) {
                throw new FeatureError("specification", "unknown member " + name + ", expected one of " + known);
            }
        });
    }

    private static String text(JsonNode node, String member) {
        String text = optionalText(node, member);
        if (text == null) {
            throw new FeatureError("specification", member + ": expected a text in " + node);
        }
        return text;
    }

    private static String optionalText(JsonNode node, String member) {
        JsonNode value = node.path(member);
        return value.isTextual() ? value.asText() : null;
    }

    private static long number(JsonNode node, String member) {
        JsonNode value = node.path(member);
        if (!value.isIntegralNumber()) {
            throw new FeatureError("specification", member + ": expected a whole number in " + node);
        }
        return value.asLong();
    }
}
