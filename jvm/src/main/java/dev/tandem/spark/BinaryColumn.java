package dev.tandem.spark;

import java.sql.SQLException;

/** The types of columns that {@link CopyRows} fills. */
enum BinaryColumn {
    BOOLEAN("bool"),
    INTEGER("int4"),
    BIGINT("int8"),
    DOUBLE("float8"),
    TEXT("text"),
    BYTES("bytea");

    private final String typeName;

    BinaryColumn(String typeName) {
        this.typeName = typeName;
    }

    static BinaryColumn of(String column, String typeName) throws SQLException {
        for (BinaryColumn type : values()) {
            if (type.typeName.equals(typeName)) {
                return type;
            }
        }
        throw new SQLException("column " + column + " is of type " + typeName
                + ", which is not copied: stage it as text, bigint or double precision and convert it in SQL");
    }
}
