import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import org.apache.jena.query.Dataset;
import org.apache.jena.query.DatasetFactory;
import org.apache.jena.query.Query;
import org.apache.jena.query.QueryException;
import org.apache.jena.query.QueryExecution;
import org.apache.jena.query.QueryExecutionFactory;
import org.apache.jena.query.QueryFactory;
import org.apache.jena.query.ResultSetFormatter;
import org.apache.jena.riot.Lang;
import org.apache.jena.riot.RDFDataMgr;
import org.apache.jena.sparql.core.DynamicDatasets;
import org.apache.jena.system.Txn;

/** A SPARQL 1.1 endpoint for the tests: Jena's engine over a dataset in memory. Arguments: a port, a file to load. */
public class Endpoint {
    private static final String ROWS = "application/sparql-results+json";
    private static final Dataset DATA = DatasetFactory.createTxnMem();

    public static void main(String[] arguments) throws IOException {
        Txn.executeWrite(DATA, () -> RDFDataMgr.read(DATA, arguments[1]));
        HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", Integer.parseInt(arguments[0])), 0);
        server.setExecutor(Executors.newFixedThreadPool(4));
        server.createContext("/", Endpoint::handle);
        server.start();
    }

    private static void handle(HttpExchange exchange) throws IOException {
        int status = 200;
        String kind = "text/plain";
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try {
            Map<String, List<String>> fields = fields(exchange);
            Query query = query(fields);
            kind = query.isSelectType() || query.isAskType() ? ROWS : "text/turtle";
            Txn.executeRead(DATA, () -> answer(query, out));
        } catch (QueryException | IllegalArgumentException error) {
            status = 400;
            out.writeBytes(String.valueOf(error).getBytes(StandardCharsets.UTF_8));
        } catch (RuntimeException error) {
            error.printStackTrace();
            status = 500;
        }
        exchange.getResponseHeaders().set("Content-Type", kind);
        exchange.sendResponseHeaders(status, out.size() == 0 ? -1 : out.size());
        if (out.size() > 0) {
            exchange.getResponseBody().write(out.toByteArray());
        }
        exchange.close();
    }

    private static Map<String, List<String>> fields(HttpExchange exchange) throws IOException {
        Map<String, List<String>> fields = new HashMap<>();
        String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
        for (String pair : body.split("&")) {
            String[] parts = pair.split("=", 2);
            String value = URLDecoder.decode(parts[1], StandardCharsets.UTF_8);
            fields.computeIfAbsent(parts[0], name -> new ArrayList<>()).add(value);
        }
        return fields;
    }

    private static Query query(Map<String, List<String>> fields) {
        Query query = QueryFactory.create(fields.get("query").get(0));
        List<String> graphs = fields.getOrDefault("default-graph-uri", List.of());
        List<String> named = fields.getOrDefault("named-graph-uri", List.of());
        if (!graphs.isEmpty() || !named.isEmpty()) {
            query.getGraphURIs().clear();
            query.getNamedGraphURIs().clear();
            graphs.forEach(query::addGraphURI);
            named.forEach(query::addNamedGraphURI);
        }
        return query;
    }

    private static void answer(Query query, ByteArrayOutputStream out) {
        Dataset data = DATA;
        if (query.hasDatasetDescription()) {
            data = DynamicDatasets.dynamicDataset(query.getDatasetDescription(), DATA, false);
        }
        Query bare = query.cloneQuery();
        bare.getGraphURIs().clear();
        bare.getNamedGraphURIs().clear();
        try (QueryExecution execution = QueryExecutionFactory.create(bare, data)) {
            if (query.isAskType()) {
                ResultSetFormatter.outputAsJSON(out, execution.execAsk());
            } else if (query.isSelectType()) {
                ResultSetFormatter.outputAsJSON(out, execution.execSelect());
            } else {
                boolean constructs = query.isConstructType();
                RDFDataMgr.write(out, constructs ? execution.execConstruct() : execution.execDescribe(), Lang.TURTLE);
            }
        }
    }
}
