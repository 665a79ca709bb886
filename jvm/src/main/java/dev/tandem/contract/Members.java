package dev.tandem.contract;

import java.util.Arrays;

/** Walks over one message as JSON and notes where the values of the contract's fields stand. */
final class Members {
    static final byte ABSENT = 0;
    static final byte NULL = 1;
    static final byte PLAIN_TEXT = 2;
    static final byte TEXT = 3;
    static final byte ESCAPED_TEXT = 4;
    static final byte WHOLE_NUMBER = 5;
    static final byte OTHER_NUMBER = 6;
    static final byte TRUE = 7;
    static final byte FALSE = 8;
    static final byte CONTAINER = 9;

    final JsonScanner scanner = new JsonScanner();

    /** What stands at each column of the contract, one of the constants above. */
    final byte[] kinds;

    final int[] starts;
    final int[] stops;

    /** Whether any object so far held a name twice. */
    boolean nameTwice;

    private final NameIndex columnNames;
    private final NameTable otherNames;
    private final int nestingLevels;
    private final byte[] scratch;
    private int objects;

    Members(ContractDefinition contract) {
        columnNames = contract.columnNames;
        otherNames = new NameTable(contract.messageBytes);
        nestingLevels = contract.nestingLevels;
        scratch = new byte[contract.messageBytes];
        kinds = new byte[contract.columns().size()];
        starts = new int[kinds.length];
        stops = new int[kinds.length];
    }

    /**
     * Reads the whole message.
     *
     * @return whether it is an object
     */
    boolean read(byte[] message) throws NotJson {
        scanner.begin(message);
        otherNames.clear();
        Arrays.fill(kinds, ABSENT);
        nameTwice = false;
        objects = 0;
        boolean isObject = scanner.next() == '{';
        if (isObject) {
            topObject();
        } else {
            value(1);
        }
        if (scanner.next() != -1) {
            throw NotJson.SYNTAX;
        }
        return isObject;
    }

    private void topObject() throws NotJson {
        scanner.position++;
        if (scanner.next() == '}') {
            scanner.position++;
            return;
        }
        do {
            int column = topName();
            colon();
            byte kind = value(2);
            if (column >= 0) {
                nameTwice |= kinds[column] != ABSENT;
                kinds[column] = kind;
                starts[column] = scanner.start;
                stops[column] = scanner.stop;
            }
        } while (comma('}'));
    }

    /** Takes a name of the top object; its column, or -1 for a name that the contract does not know. */
    private int topName() throws NotJson {
        name();
        int column = scanner.escaped
                ? columnNames.find(scratch, 0, unescape(scanner.start, scanner.stop, scratch))
                : columnNames.find(scanner.bytes, scanner.start, scanner.stop);
        if (column < 0) {
            nameTwice |= !otherNames.add(0, scanner);
        }
        return column;
    }

    private void name() throws NotJson {
        if (scanner.next() != '"') {
            throw NotJson.SYNTAX;
        }
        scanner.string();
    }

    private void colon() throws NotJson {
        if (scanner.next() != ':') {
            throw NotJson.SYNTAX;
        }
        scanner.position++;
    }

    /** Takes a comma (true) or the closing bracket (false). */
    private boolean comma(char close) throws NotJson {
        int unit = scanner.next();
        if (unit != ',' && unit != close) {
            throw NotJson.SYNTAX;
        }
        scanner.position++;
        return unit == ',';
    }

    /** Takes one value; {@code level} is the nesting level that it has if it is an object or a list. */
    private byte value(int level) throws NotJson {
        switch (scanner.next()) {
            case '"':
                scanner.string();
                return scanner.plain ? PLAIN_TEXT : scanner.escaped ? ESCAPED_TEXT : TEXT;
            case '{':
                object(level);
                return CONTAINER;
            case '[':
                list(level);
                return CONTAINER;
            case 't':
                scanner.literal("true");
                return TRUE;
            case 'f':
                scanner.literal("false");
                return FALSE;
            case 'n':
                scanner.literal("null");
                return NULL;
            default:
                scanner.number();
                return scanner.whole ? WHOLE_NUMBER : OTHER_NUMBER;
        }
    }

    private void object(int level) throws NotJson {
        if (isEmpty(level, '}')) {
            return;
        }
        int number = ++objects;
        do {
            name();
            nameTwice |= !otherNames.add(number, scanner);
            colon();
            value(level + 1);
        } while (comma('}'));
    }

    private void list(int level) throws NotJson {
        if (isEmpty(level, ']')) {
            return;
        }
        do {
            value(level + 1);
        } while (comma(']'));
    }

    private boolean isEmpty(int level, char close) throws NotJson {
        if (level > nestingLevels) {
            throw NotJson.TOO_DEEP;
        }
        scanner.position++;
        if (scanner.next() != close) {
            return false;
        }
        scanner.position++;
        return true;
    }

    /** The text that stands at {@code column}, unescaped. */
    byte[] text(int column) {
        if (kinds[column] != ESCAPED_TEXT) {
            return Arrays.copyOfRange(scanner.bytes, starts[column], stops[column]);
        }
        return Arrays.copyOf(scratch, unescape(starts[column], stops[column], scratch));
    }

    private int unescape(int start, int stop, byte[] target) {
        return Escapes.unescape(scanner.bytes, start, stop, target, 0);
    }
}
