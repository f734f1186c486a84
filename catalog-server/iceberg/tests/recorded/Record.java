// Records what the reference implementation makes of random commits, a JSON object a line, for tests/reference.rs.
// By hand, with the jars of org.apache.iceberg:iceberg-core:1.11.0 and its dependencies in CP:
//   javac -cp "$CP" *.java && java -cp "$CP:." Record VERSION SEED COMMITS > java-vVERSION-SEED.jsonl
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Map;
import org.apache.iceberg.MetadataUpdateParser;
import org.apache.iceberg.PartitionSpec;
import org.apache.iceberg.Schema;
import org.apache.iceberg.Snapshot;
import org.apache.iceberg.SortOrder;
import org.apache.iceberg.TableMetadata;
import org.apache.iceberg.TableMetadataParser;
import org.apache.iceberg.types.Types;

public class Record {
  static Recorder R;
  static long T0;
  static int n = 0;
  static TableMetadata base;
  static String file = "s3://lake/t/metadata/0.json";

  static ObjectNode o() { return Recorder.o(); }
  static ObjectNode action(String a) { return Recorder.action(a); }
  static int i(int bound) { return R.i(bound); }
  static <T> T one(List<T> l) { return l.get(i(l.size())); }

  static ObjectNode field(int id, String name, String type, boolean required) {
    return o().put("id", id).put("name", name).put("required", required).put("type", type);
  }

  static ObjectNode schema(TableMetadata b) {
    ObjectNode s = o().put("type", "struct").put("schema-id", i(9));
    ArrayNode f = s.putArray("fields");
    f.add(field(1, "id", "long", true));
    f.add(field(2, "ts", "timestamptz", false));
    int kinds = b.formatVersion() >= 3 ? 8 : 5;
    String[] types = {"int", "string", "decimal(9, 2)", "uuid", "fixed[4]", "variant", "timestamp_ns", "unknown"};
    for (int k = 0; k < i(3); k++) {
      int t = i(kinds);
      ObjectNode x = field(10 + t + (k * 10), types[t].substring(0, 3) + k, types[t], false);
      if (i(4) == 0) x.put("doc", "d" + i(3));
      if (b.formatVersion() >= 3 && t == 0 && i(2) == 0) x.put("initial-default", i(3)).put("write-default", i(3));
      f.add(x);
    }
    if (i(3) == 0) {
      ObjectNode inner = o().put("type", "struct");
      inner.putArray("fields").add(field(41, "x", "double", false));
      ObjectNode x = o().put("id", 40).put("name", "s").put("required", false);
      x.set("type", inner);
      f.add(x);
    }
    if (i(4) == 0) s.putArray("identifier-field-ids").add(1);
    if (i(20) == 0) f.add(field(1, "again", "int", false));
    if (i(20) == 0) f.add(field(60, "geo", "geometry", false));
    return s;
  }

  static ObjectNode spec(TableMetadata b) {
    ObjectNode s = o().put("spec-id", i(5));
    ArrayNode f = s.putArray("fields");
    String[] t = {"identity", "bucket[4]", "truncate[2]", "day", "hour", "void", "year"};
    int id = b.formatVersion() == 1 ? 1000 : 1000 + i(4);
    for (int k = 0; k < i(3); k++) {
      int source = i(15) == 0 ? 77 : 1 + i(2);
      String transform = source == 2 ? t[3 + i(4)] : t[i(3)];
      ObjectNode x = o().put("source-id", source).put("name", "p" + k + "_" + i(3)).put("transform", transform);
      x.put("field-id", id++);
      f.add(x);
    }
    return s;
  }

  static ObjectNode order() {
    ObjectNode s = o();
    ArrayNode f = s.putArray("fields");
    for (int k = 0; k < i(3); k++) {
      f.add(o().put("source-id", i(15) == 0 ? 77 : 1 + i(2)).put("transform", "identity")
          .put("direction", i(2) == 0 ? "asc" : "desc").put("null-order", i(2) == 0 ? "nulls-first" : "nulls-last"));
    }
    s.put("order-id", f.size() == 0 ? 0 : 1 + i(5));
    return s;
  }

  static long anySnapshot(TableMetadata b) {
    if (b.snapshots().isEmpty() || i(12) == 0) return 999;
    return one(b.snapshots()).snapshotId();
  }

  static ObjectNode ref(String name, long id) {
    boolean tag = !name.equals("main") && i(3) == 0;
    ObjectNode u = action("set-snapshot-ref").put("ref-name", name).put("type", tag ? "tag" : "branch").put("snapshot-id", id);
    if (i(4) == 0) u.put("max-ref-age-ms", 1000 + i(3));
    if (!tag && i(4) == 0) u.put("min-snapshots-to-keep", 1 + i(3)).put("max-snapshot-age-ms", 5 + i(3));
    return u;
  }

  static void snapshot(TableMetadata b, ArrayNode out) {
    n++;
    long id = i(25) == 0 && !b.snapshots().isEmpty() ? one(b.snapshots()).snapshotId() : 100 + n;
    long seq = b.lastSequenceNumber() + 1 - (i(12) == 0 ? 1 : 0);
    ObjectNode s = o().put("snapshot-id", id);
    Snapshot parent = b.currentSnapshot();
    // A snapshot without a parent and with an old number: on purpose we differ.
    boolean orphan = i(6) == 0 && seq > b.lastSequenceNumber();
    if (!orphan) s.put("parent-snapshot-id", parent == null ? 1 : parent.snapshotId());
    if (b.formatVersion() > 1) s.put("sequence-number", seq);
    s.put("timestamp-ms", T0 - 50_000 + n * 20L);
    s.put("manifest-list", "s3://lake/t/metadata/snap-" + id + ".avro");
    s.putObject("summary").put("operation", "append").put("added-records", "4");
    s.put("schema-id", b.currentSchemaId());
    if (b.formatVersion() >= 3) {
      long first = Math.max(0, b.nextRowId() - (i(10) == 0 ? 1 : 0));
      if (i(15) != 0) s.put("first-row-id", first).put("added-rows", i(5));
    }
    ObjectNode add = action("add-snapshot");
    add.set("snapshot", s);
    out.add(add);
    if (i(5) != 0) out.add(ref(i(4) == 0 ? "dev" : "main", id));
  }

  static void update(TableMetadata b, ArrayNode out) {
    ObjectNode u;
    switch (i(20)) {
      case 0: case 1: u = action("add-schema"); u.set("schema", schema(b)); out.add(u);
        if (i(4) != 0) out.add(action("set-current-schema").put("schema-id", -1)); break;
      case 2: out.add(action("set-current-schema").put("schema-id", i(5))); break;
      case 3: case 4: u = action("add-spec"); u.set("spec", spec(b)); out.add(u);
        if (i(4) != 0) out.add(action("set-default-spec").put("spec-id", -1)); break;
      case 5: u = action("add-sort-order"); u.set("sort-order", order()); out.add(u);
        if (i(4) != 0) out.add(action("set-default-sort-order").put("sort-order-id", -1)); break;
      case 6: out.add(action("set-default-sort-order").put("sort-order-id", one(b.sortOrders()).orderId())); break;
      case 7: case 8: case 9: case 10: snapshot(b, out); break;
      case 11: out.add(ref(one(List.of("main", "dev", "eoy")), anySnapshot(b))); break;
      case 12: out.add(action("remove-snapshot-ref").put("ref-name", one(List.of("dev", "eoy", "gone", "main")))); break;
      case 13: u = action("remove-snapshots"); u.putArray("snapshot-ids").add(anySnapshot(b)); out.add(u); break;
      case 14: u = action("set-properties"); u.putObject("updates").put("k" + i(3), "v" + i(3))
          .put("write.metadata.previous-versions-max", String.valueOf(1 + i(6))); out.add(u); break;
      case 15: u = action("remove-properties"); u.putArray("removals").add("k" + i(3)); out.add(u); break;
      case 16: u = action("remove-schemas"); u.putArray("schema-ids").add(i(4)); out.add(u); break;
      case 17: u = action("remove-partition-specs"); u.putArray("spec-ids").add(i(3)); out.add(u); break;
      case 18: {
        long id = anySnapshot(b);
        ObjectNode f = o().put("snapshot-id", id).put("statistics-path", "s3://lake/s" + i(3)).put("file-size-in-bytes", 7);
        if (i(2) == 0) { u = action("set-partition-statistics"); u.set("partition-statistics", f); }
        else { f.put("file-footer-size-in-bytes", 3); f.putArray("blob-metadata"); u = action("set-statistics").put("snapshot-id", id); u.set("statistics", f); }
        out.add(u); if (i(3) == 0) out.add(action("remove-statistics").put("snapshot-id", id)); break;
      }
      default:
        switch (i(5)) {
          case 0: out.add(action("upgrade-format-version").put("format-version", 1 + i(3))); break;
          case 1: u = action("add-encryption-key"); u.set("encryption-key", o().put("key-id", "k" + i(3)).put("encrypted-key-metadata", "AAAA")); out.add(u); break;
          case 2: out.add(action("remove-encryption-key").put("key-id", "k" + i(3))); break;
          case 3: out.add(action("set-location").put("location", "s3://lake/t" + i(3))); break;
          default: out.add(action("remove-partition-statistics").put("snapshot-id", anySnapshot(b)));
        }
    }
  }

  static ObjectNode requirement(TableMetadata b) {
    switch (i(8)) {
      case 0: return o().put("type", "assert-table-uuid").put("uuid", i(4) == 0 ? "x" : b.uuid());
      case 1: { ObjectNode r = o().put("type", "assert-ref-snapshot-id").put("ref", one(List.of("main", "dev", "eoy")));
        if (i(2) == 0) r.putNull("snapshot-id"); else r.put("snapshot-id", anySnapshot(b)); return r; }
      case 2: return o().put("type", "assert-last-assigned-field-id").put("last-assigned-field-id", b.lastColumnId() - i(2));
      case 3: return o().put("type", "assert-current-schema-id").put("current-schema-id", b.currentSchemaId() - i(2));
      case 4: return o().put("type", "assert-last-assigned-partition-id").put("last-assigned-partition-id", b.lastAssignedPartitionId() - i(2));
      case 5: return o().put("type", "assert-default-spec-id").put("default-spec-id", b.defaultSpecId() - i(2));
      case 6: return o().put("type", "assert-default-sort-order-id").put("default-sort-order-id", b.defaultSortOrderId() - i(2));
      default: return o().put("type", "assert-create");
    }
  }

  static TableMetadata first(int version) {
    Schema schema = new Schema(
        Types.NestedField.required(1, "id", Types.LongType.get()),
        Types.NestedField.optional(2, "ts", Types.TimestampType.withZone()));
    TableMetadata made = TableMetadata.newTableMetadata(schema, PartitionSpec.unpartitioned(), SortOrder.unsorted(), "s3://lake/t",
        Map.of("format-version", String.valueOf(version)));
    return TableMetadataParser.fromJson(file, TableMetadataParser.toJson(made));
  }

  /** The next document; null if nothing changed. */
  static String commit(ArrayNode updates, String written) {
    TableMetadata.Builder builder = TableMetadata.buildFrom(base);
    for (JsonNode u : updates) MetadataUpdateParser.fromJson(u.toString()).applyTo(builder);
    TableMetadata next = builder.build();
    if (next == base || next.changes().isEmpty()) return null;
    String json = TableMetadataParser.toJson(next);
    base = TableMetadataParser.fromJson(written, json);
    file = written;
    return json;
  }

  static void record(ArrayNode updates, int number) throws Exception {
    ObjectNode line = o();
    Recorder.requirement(line, requirement(base), r -> r.validate(base));
    line.set("updates", updates);
    line.put("previous-file", file);
    R.commit(line, () -> commit(updates, "s3://lake/t/metadata/" + number + ".json"));
  }

  public static void main(String[] args) throws Exception {
    R = new Recorder(Long.parseLong(args[1]));
    T0 = System.currentTimeMillis();
    base = first(Integer.parseInt(args[0]));
    R.base(TableMetadataParser.toJson(base));
    for (int c = 1; c <= Integer.parseInt(args[2]); c++) {
      ArrayNode updates = Recorder.M.createArrayNode();
      for (int k = 0; k < 1 + i(3); k++) update(base, updates);
      record(updates, c);
    }
  }
}
