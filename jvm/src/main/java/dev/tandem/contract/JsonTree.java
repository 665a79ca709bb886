package dev.tandem.contract;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads a small, trusted JSON text (the contract's definition) into maps, lists, strings, longs and booleans. */
final class JsonTree {
    private final JsonScanner scanner = new JsonScanner();

    private JsonTree() {}

    @SuppressWarnings("unchecked")
    static Map<String, Object> read(byte[] json) throws NotJson {
        JsonTree tree = new JsonTree();
        tree.scanner.begin(json);
        return (Map<String, Object>) tree.value();
    }

    private Object value() throws NotJson {
        switch (scanner.next()) {
            case '{':
                return object();
            case '[':
                return list();
            case '"':
                return text();
            case 't':
                scanner.literal("true");
                return true;
            case 'f':
                scanner.literal("false");
                return false;
            default:
                scanner.number();
                return Long.valueOf(taken());
        }
    }

    private Map<String, Object> object() throws NotJson {
        Map<String, Object> members = new LinkedHashMap<>();
        while (more('}')) {
            scanner.next();
            String name = text();
            scanner.next();
            scanner.position++;
            members.put(name, value());
        }
        return members;
    }

    private List<Object> list() throws NotJson {
        List<Object> elements = new ArrayList<>();
        while (more(']')) {
            elements.add(value());
        }
        return elements;
    }

    /** Takes the opening bracket or the comma before an element, or the closing bracket. */
    private boolean more(char close) {
        boolean first = scanner.next() != ',' && scanner.next() != close;
        boolean ended = scanner.next() == close;
        scanner.position++;
        if (first && scanner.next() == close) {
            scanner.position++;
            return false;
        }
        return !ended;
    }

    private String text() throws NotJson {
        scanner.string();
        return taken();
    }

    private String taken() {
        byte[] target = new byte[scanner.stop - scanner.start];
        int length = Escapes.unescape(scanner.bytes, scanner.start, scanner.stop, target, 0);
        return new String(target, 0, length, StandardCharsets.UTF_8);
    }
}
