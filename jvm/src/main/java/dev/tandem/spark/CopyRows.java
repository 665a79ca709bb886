package dev.tandem.spark;

import java.sql.Connection;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import java.util.Iterator;
import java.util.Map;
import java.util.Properties;
import java.util.stream.Collectors;
import org.apache.spark.api.java.function.ForeachPartitionFunction;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.postgresql.Driver;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyIn;

/**
 * Appends rows to a table of PostgreSQL by {@code COPY ... (FORMAT binary)}: one statement for each partition of the
 * rows, so that a task which fails leaves none of its rows, and one that Spark repeats may repeat them.
 */
public final class CopyRows implements ForeachPartitionFunction<Row> {
    private static final long serialVersionUID = 1L;

    private final String url;
    private final Properties properties;
    private final String statement;
    private final BinaryColumn[] columns;

    private CopyRows(String url, Properties properties, String statement, BinaryColumn[] columns) {
        this.url = url;
        this.properties = properties;
        this.statement = statement;
        this.columns = columns;
    }

    /**
     * Append {@code rows} to {@code table}, by the names of their columns.
     *
     * @param url JDBC address of the database
     * @param table name of the table, as SQL
     * @throws SQLException the table or a column is absent, or of a type that is not copied
     */
    public static void append(Dataset<Row> rows, String url, Map<String, String> properties, String table)
            throws SQLException {
        Properties login = new Properties();
        login.putAll(properties);
        String names = Arrays.stream(rows.columns()).map(CopyRows::quoted).collect(Collectors.joining(", "));
        BinaryColumn[] columns;
        try (Connection connection = connect(url, login);
                Statement probe = connection.createStatement()) {
            columns = columns(probe.executeQuery("SELECT " + names + " FROM " + table + " WHERE false").getMetaData());
        }
        String statement = "COPY " + table + " (" + names + ") FROM STDIN (FORMAT binary)";
        rows.foreachPartition(new CopyRows(url, login, statement, columns));
    }

    @Override
    public void call(Iterator<Row> rows) throws SQLException {
        if (!rows.hasNext()) {
            return;
        }
        try (Connection connection = connect(url, properties)) {
            CopyIn copy = connection.unwrap(PGConnection.class).getCopyAPI().copyIn(statement);
            try {
                BinaryRows target = new BinaryRows(copy, columns);
                while (rows.hasNext()) {
                    target.append(rows.next());
                }
                target.end();
            } finally {
                if (copy.isActive()) {
                    copy.cancelCopy();
                }
            }
        }
    }

    /** The driver by its class: Spark loads the jars of a job by a loader that {@code DriverManager} does not see. */
    private static Connection connect(String url, Properties properties) throws SQLException {
        return new Driver().connect(url, properties);
    }

    private static BinaryColumn[] columns(ResultSetMetaData table) throws SQLException {
        BinaryColumn[] columns = new BinaryColumn[table.getColumnCount()];
        for (int column = 0; column < columns.length; column++) {
            columns[column] = BinaryColumn.of(table.getColumnName(column + 1), table.getColumnTypeName(column + 1));
        }
        return columns;
    }

    private static String quoted(String name) {
        return '"' + name.replace("\"", "\"\"") + '"';
    }
}
