import de.bwaldvogel.mongo.MongoServer;
import de.bwaldvogel.mongo.backend.h2.H2Backend;
import java.net.InetSocketAddress;

/** The embedded MongoDB-compatible server: arguments are host, port and the file of the data. */
class TandemMongoServer {
    public static void main(String[] arguments) {
        H2Backend backend = new H2Backend(arguments[2]);
        MongoServer server = new MongoServer(backend);
        Runtime.getRuntime().addShutdownHook(new Thread(server::shutdown));
        server.bind(new InetSocketAddress(arguments[0], Integer.parseInt(arguments[1])));
        System.out.println("listening on " + server.getLocalAddress());
    }
}
