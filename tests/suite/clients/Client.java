import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.postgresql.util.PSQLException;

/** Does what tools over JDBC do, and prints what it saw as KEY=VALUE: Client URL TOKEN WRONG_TOKEN. */
public class Client {
    public static void main(String[] args) throws Exception {
        try (Connection connection = connect(args[0], args[1])) {
            metadata(connection.getMetaData());
            prepared(connection);
            types(connection);
            refused(connection);
            cancelled(connection);
            fetched(connection);
        }
        try (Connection connection = connect(args[0], args[2])) {
            print("wrong", "admitted");
        } catch (SQLException error) {
            print("wrong", error.getSQLState());
        }
    }

    static Connection connect(String url, String token) throws SQLException {
        Properties properties = new Properties();
        properties.setProperty("user", "dataforge");
        properties.setProperty("password", token);
        properties.setProperty("connectTimeout", "60");
        properties.setProperty("socketTimeout", "120");
        return DriverManager.getConnection(url, properties);
    }

    static void print(String key, Object value) {
        System.out.println(key + "=" + value);
    }

    /** Returns the values of some columns of each row, with a colon between. */
    static String rows(ResultSet rows, String... columns) throws SQLException {
        List<String> all = new ArrayList<>();
        while (rows.next()) {
            List<String> row = new ArrayList<>();
            for (String column : columns) {
                row.add(rows.getString(column));
            }
            all.add(String.join(":", row));
        }
        return String.join(" ", all);
    }

    static void metadata(DatabaseMetaData metadata) throws SQLException {
        print("product", metadata.getDatabaseProductName() + " " + metadata.getDatabaseProductVersion());
        print("catalogs", rows(metadata.getCatalogs(), "TABLE_CAT"));
        print("schemas", rows(metadata.getSchemas(), "TABLE_SCHEM"));
        print("tables", rows(metadata.getTables(null, null, "%", new String[] {"TABLE", "VIEW"}), "TABLE_NAME"));
        print("columns", rows(metadata.getColumns(null, null, "wells", "%"), "COLUMN_NAME", "DATA_TYPE"));
        // Tools ask for these too, and show nothing of a table when one fails.
        print("keys", rows(metadata.getPrimaryKeys(null, null, "wells"), "COLUMN_NAME"));
        print("foreign", rows(metadata.getImportedKeys(null, null, "wells"), "FKCOLUMN_NAME"));
        print("indexes", rows(metadata.getIndexInfo(null, null, "wells", false, true), "INDEX_NAME"));
        print("types", rows(metadata.getTypeInfo(), "TYPE_NAME").length() > 0);
        print("kinds", rows(metadata.getTableTypes(), "TABLE_TYPE"));
    }

    static void prepared(Connection connection) throws SQLException {
        String sql = "select count(*), sum(value) from samples where well = ? and curve = ? and depth_m between ? and ?";
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            String first = null;
            String again = "same";
            // From the fifth time on the driver keeps the statement on the server.
            for (int turn = 0; turn < 8; turn++) {
                statement.setString(1, "Well 0001");
                statement.setString(2, "GR");
                statement.setDouble(3, 1050.0);
                statement.setDouble(4, 1100.0);
                try (ResultSet rows = statement.executeQuery()) {
                    rows.next();
                    String row = rows.getLong(1) + " " + Double.toString(rows.getDouble(2));
                    if (first == null) {
                        first = row;
                        print("prepared.count", rows.getLong(1));
                        print("prepared.sum", Double.toString(rows.getDouble(2)));
                    }
                    again = row.equals(first) ? again : row;
                }
            }
            print("prepared.again", again);
        }
    }

    static void types(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            try (ResultSet rows = statement.executeQuery("select held from runs limit 1")) {
                rows.next();
                print("held", rows.getBoolean(1));
            }
            String sql = "select claimed_at from entries where claimed_at is not null limit 1";
            try (ResultSet rows = statement.executeQuery(sql)) {
                rows.next();
                print("claimed", rows.getTimestamp(1));
            }
        }
    }

    static void refused(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.executeUpdate("delete from wells");
            print("delete", "done");
        } catch (SQLException error) {
            print("delete", "refused");
        }
        try (Statement statement = connection.createStatement()) {
            statement.executeQuery("select well_id, nmae from wells");
            print("position", "none");
        } catch (PSQLException error) {
            print("position", error.getServerErrorMessage().getPosition());
        }
    }

    static void cancelled(Connection connection) throws Exception {
        try (Statement statement = connection.createStatement()) {
            CountDownLatch ended = new CountDownLatch(1);
            Thread stop = new Thread(() -> {
                try {
                    // What comes before the statement has begun stops nothing, so it comes again.
                    while (!ended.await(1500, TimeUnit.MILLISECONDS)) {
                        statement.cancel();
                    }
                } catch (Exception error) {
                    print("cancel", error);
                }
            });
            stop.start();
            try {
                statement.executeQuery("select count(*) from generate_series(1, 1000000000000) where value % 7 = 3");
                print("cancelled", "no");
            } catch (SQLException error) {
                print("cancelled", error.getSQLState());
            } finally {
                ended.countDown();
                stop.join();
            }
        }
    }

    static void fetched(Connection connection) throws SQLException {
        // Only in a transaction does the driver fetch in parts.
        connection.setAutoCommit(false);
        String sql = "select value from samples where curve = 'RHOB' order by well, run, index_value";
        try (Statement statement = connection.createStatement()) {
            statement.setFetchSize(100);
            long count = 0;
            long nulls = 0;
            double sum = 0.0;
            try (ResultSet rows = statement.executeQuery(sql)) {
                while (rows.next()) {
                    double value = rows.getDouble(1);
                    if (rows.wasNull()) {
                        nulls++;
                    } else {
                        sum += value;
                    }
                    count++;
                }
            }
            print("fetched.rows", count);
            print("fetched.nulls", nulls);
            print("fetched.sum", Double.toString(sum));
        }
        connection.commit();
        connection.setAutoCommit(true);
    }
}
