// Records what the reference implementation makes of random create requests, as Record.java does for commits:
//   javac -cp "$CP" RecordCreates.java && java -cp "$CP:." RecordCreates SEED COUNT > creates-SEED.jsonl
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.iceberg.PartitionSpec;
import org.apache.iceberg.PartitionSpecParser;
import org.apache.iceberg.Schema;
import org.apache.iceberg.SchemaParser;
import org.apache.iceberg.SortOrder;
import org.apache.iceberg.SortOrderParser;
import org.apache.iceberg.TableMetadata;
import org.apache.iceberg.TableMetadataParser;

public class RecordCreates {
  static final ObjectMapper M = new ObjectMapper();
  static final String[] TYPES = {"int", "long", "string", "date", "timestamp", "timestamptz", "decimal(9, 2)", "uuid", "fixed[4]", "binary", "double", "boolean", "timestamp_ns", "variant", "unknown"};
  static Random chance;
  static List<Integer> ids, required;
  static int next;

  static int i(int bound) { return chance.nextInt(bound); }
  /// Ids in no order, each once.
  static int id() { next += 1 + i(3); int id = (next * 37) % 1009; ids.add(id); return id; }

  static void type(ObjectNode parent, String key, String required, int depth) {
    if (required != null) parent.put(required, i(2) == 0);
    int kind = depth > 2 ? 9 : i(10);
    if (kind == 0) {
      ObjectNode s = parent.putObject(key).put("type", "struct");
      fields(s, 1 + i(3), depth + 1);
    } else if (kind == 1) {
      ObjectNode l = parent.putObject(key).put("type", "list").put("element-id", id());
      type(l, "element", "element-required", depth + 1);
    } else if (kind == 2) {
      ObjectNode m = parent.putObject(key).put("type", "map").put("key-id", id());
      m.put("key", "string").put("value-id", id());
      type(m, "value", "value-required", depth + 1);
    } else {
      parent.put(key, TYPES[i(i(6) == 0 ? TYPES.length : 12)]);
    }
  }

  static void fields(ObjectNode struct, int count, int depth) {
    ArrayNode f = struct.putArray("fields");
    for (int k = 0; k < count; k++) {
      ObjectNode x = f.addObject().put("id", id()).put("name", i(90) == 0 ? "f0" : "f" + k);
      type(x, "type", "required", depth);
      if (i(4) == 0) x.put("doc", "d" + i(3));
    }
  }

  static int source() { return i(15) == 0 || ids.isEmpty() ? 5000 : ids.get(i(ids.size())); }

  public static void main(String[] args) throws Exception {
    chance = new Random(Long.parseLong(args[0]));
    for (int c = 0; c < Integer.parseInt(args[1]); c++) {
      ids = new ArrayList<>();
      next = i(1000);
      ObjectNode line = M.createObjectNode();
      ObjectNode schema = line.putObject("schema").put("type", "struct").put("schema-id", i(9));
      fields(schema, 1 + i(5), 0);
      if (i(9) == 0) schema.putArray("identifier-field-ids").add(source());
      ObjectNode spec = line.putObject("spec").put("spec-id", i(9));
      ArrayNode f = spec.putArray("fields");
      String[] transforms = {"identity", "bucket[4]", "truncate[2]", "day", "hour", "year", "month", "void"};
      for (int k = 0; k < i(3); k++) {
        String t = transforms[i(8)], name = i(8) == 0 ? "f0" : "p" + k;
        f.addObject().put("source-id", source()).put("name", name).put("transform", t).put("field-id", 1000 + k * 7);
      }
      ObjectNode order = line.putObject("order");
      ArrayNode o = order.putArray("fields");
      for (int k = 0; k < i(3); k++) o.addObject().put("source-id", source()).put("transform", transforms[i(4)]).put("direction", i(2) == 0 ? "asc" : "desc").put("null-order", i(2) == 0 ? "nulls-first" : "nulls-last");
      order.put("order-id", o.size() == 0 ? 0 : 1 + i(5));
      Map<String, String> properties = new HashMap<>();
      if (i(3) != 0) properties.put("format-version", String.valueOf(1 + i(3)));
      if (i(3) == 0) properties.put("write.parquet.compression-codec", "gzip");
      if (i(6) == 0) properties.put("write.metadata.metrics.column." + (i(2) == 0 ? "f0" : "f9"), "full");
      if (i(12) == 0) properties.put("commit.retry.num-retries", i(2) == 0 ? "-1" : "x");
      line.set("properties", M.valueToTree(properties));
      try {
        Schema s = SchemaParser.fromJson(schema.toString());
        PartitionSpec p = PartitionSpecParser.fromJson(s, spec.toString());
        SortOrder so = SortOrderParser.fromJson(s, order.toString());
        String made = TableMetadataParser.toJson(TableMetadata.newTableMetadata(s, p, so, "s3://lake/t", properties));
        TableMetadataParser.fromJson(made);
        line.set("made", M.readTree(made));
      } catch (RuntimeException e) {
        line.put("error", String.valueOf(e.getMessage())).put("kind", e.getClass().getSimpleName());
      }
      System.out.println(line);
    }
  }
}
