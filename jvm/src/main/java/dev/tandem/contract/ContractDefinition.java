package dev.tandem.contract;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The contract: limits, card number prefixes, event types. Read from the definition that all parsers share. */
public final class ContractDefinition {
    private static final String RESOURCE = "risk_events.json";
    private static final ContractDefinition PACKAGED = readPackaged();

    /** One event type with all its fields, the common ones first. */
    record EventType(String name, Field[] fields) {}

    final int messageBytes;
    final int nestingLevels;
    final long futureToleranceMs;
    private final CardNumbers cardNumbers;
    final EventType[] eventTypes;
    final NameIndex eventTypeNames;
    final NameIndex columnNames;
    final String unknownEventType;
    private final List<Field> columns;

    private ContractDefinition(Map<String, Object> definition) {
        Map<String, Object> limits = members(definition.get("limits"));
        messageBytes = ((Long) limits.get("message_bytes")).intValue();
        nestingLevels = ((Long) limits.get("nesting_levels")).intValue();
        futureToleranceMs = (Long) limits.get("future_tolerance_ms");
        cardNumbers = new CardNumbers(members(definition.get("card_number")));
        Map<String, Object> types = members(definition.get("event_types"));
        Map<String, Field> union = new LinkedHashMap<>();
        List<EventType> read = new ArrayList<>();
        types.forEach((name, type) -> {
            List<Field> fields = fields(definition.get("common_fields"));
            fields.addAll(fields(members(type).get("fields")));
            fields.forEach(field -> union.putIfAbsent(field.name(), field));
            read.add(new EventType(name, fields.toArray(Field[]::new)));
        });
        columns = List.copyOf(union.values());
        columnNames = new NameIndex(columns.stream().map(Field::name).toList());
        read.forEach(type -> numberColumns(type.fields()));
        eventTypes = read.toArray(EventType[]::new);
        eventTypeNames = new NameIndex(List.copyOf(types.keySet()));
        unknownEventType = "event_type: expected one of " + String.join(", ", types.keySet());
    }

    private void numberColumns(Field[] fields) {
        for (Field field : fields) {
            field.column = column(field.name());
        }
    }

    /** The definition in this jar. */
    public static ContractDefinition packaged() {
        return PACKAGED;
    }

    /** Every field of every type once, in the order of the definition: the engines' row. */
    public List<Field> columns() {
        return columns;
    }

    public CardNumbers cardNumbers() {
        return cardNumbers;
    }

    /** The number of the column {@code name}. */
    int column(String name) {
        for (int column = 0; column < columns.size(); column++) {
            if (columns.get(column).name().equals(name)) {
                return column;
            }
        }
        throw new IllegalStateException("the contract's definition has no field " + name);
    }

    private static ContractDefinition readPackaged() {
        try (InputStream resource = ContractDefinition.class.getResourceAsStream(RESOURCE)) {
            return new ContractDefinition(JsonTree.read(resource.readAllBytes()));
        } catch (IOException | NotJson | RuntimeException error) {
            throw new IllegalStateException("the jar's " + RESOURCE + " is no contract definition", error);
        }
    }

    private static List<Field> fields(Object entries) {
        List<Field> fields = new ArrayList<>();
        for (Object entry : (List<?>) entries) {
            fields.add(new Field(members(entry)));
        }
        return fields;
    }

    @SuppressWarnings("unchecked")
    static Map<String, Object> members(Object object) {
        return (Map<String, Object>) object;
    }
}
