// Records what the reference implementation makes of random commits to views, as Record.java does for tables:
//   javac -cp "$CP" *.java && java -cp "$CP:." RecordViews SEED COMMITS > views-SEED.jsonl
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.apache.iceberg.MetadataUpdateParser;
import org.apache.iceberg.Schema;
import org.apache.iceberg.catalog.Namespace;
import org.apache.iceberg.types.Types;
import org.apache.iceberg.view.ImmutableSQLViewRepresentation;
import org.apache.iceberg.view.ImmutableViewVersion;
import org.apache.iceberg.view.ViewMetadata;
import org.apache.iceberg.view.ViewMetadataParser;

public class RecordViews {
  static final String[] DIALECTS = {"spark", "Trino", "duckdb"};
  static Recorder R;
  static ViewMetadata base;

  static int i(int bound) { return R.i(bound); }
  static ObjectNode action(String a) { return Recorder.action(a); }

  static ObjectNode version(ViewMetadata b, int schema) {
    ObjectNode v = Recorder.o().put("version-id", i(10) == 0 ? 40 + i(9) : i(6)).put("timestamp-ms", 1_700_000_000_000L + i(1_000_000));
    v.put("schema-id", schema);
    v.putObject("summary").put("engine", "e" + i(2));
    if (i(2) == 0) v.put("default-catalog", "c" + i(2));
    v.putArray("default-namespace").add("a").add("b" + i(2));
    ArrayNode r = v.putArray("representations");
    for (String d : DIALECTS) {
      if (d.equals("spark") ? i(8) != 0 : i(3) == 0) r.addObject().put("type", "sql").put("sql", "select " + i(2)).put("dialect", i(5) == 0 ? d.toUpperCase() : d);
    }
    if (i(25) == 0) r.addObject().put("type", "sql").put("sql", "select 7").put("dialect", "SPARK");
    return v;
  }

  static void update(ViewMetadata b, ArrayNode out) {
    ObjectNode u;
    switch (i(12)) {
      case 0: case 1: case 2: case 3: case 4:
        boolean withSchema = i(3) == 0 && !out.toString().contains("add-schema");
        if (withSchema) {
          u = action("add-schema");
          ObjectNode s = u.putObject("schema").put("type", "struct").put("schema-id", i(9));
          s.putArray("fields").addObject().put("id", 3 + i(9)).put("name", "f" + i(9)).put("required", false).put("type", "int");
          out.add(u);
        }
        u = action("add-view-version");
        u.set("view-version", version(b, withSchema ? -1 : i(12) == 0 ? 77 : b.currentSchemaId()));
        out.add(u);
        if (i(5) != 0) out.add(action("set-current-view-version").put("view-version-id", -1));
        break;
      case 5: case 6: out.add(action("set-current-view-version").put("view-version-id",
          i(6) == 0 ? 99 : b.versions().get(i(b.versions().size())).versionId())); break;
      case 7: u = action("set-properties"); u.putObject("updates").put("version.history.num-entries", String.valueOf(i(12) - (i(9) == 0 ? 3 : 0))); out.add(u); break;
      case 8: u = action("set-properties"); u.putObject("updates").put("replace.drop-dialect.allowed", i(2) == 0 ? "true" : "false"); out.add(u); break;
      case 9: u = action("remove-properties"); u.putArray("removals").add(i(2) == 0 ? "version.history.num-entries" : "k"); out.add(u); break;
      case 10: out.add(action("set-location").put("location", "s3://lake/v" + i(2))); break;
      default: out.add(i(2) == 0 ? action("upgrade-format-version").put("format-version", i(2)) : action("assign-uuid").put("uuid", i(2) == 0 ? b.uuid() : "00000000-0000-0000-0000-000000000001"));
    }
  }

  /** The next document; null if nothing changed. */
  static String commit(ArrayNode updates) {
    ViewMetadata.Builder builder = ViewMetadata.buildFrom(base);
    for (JsonNode u : updates) MetadataUpdateParser.fromJson(u.toString()).applyTo(builder);
    ViewMetadata next = builder.build();
    if (next.changes().isEmpty()) return null;
    String json = ViewMetadataParser.toJson(next);
    ViewMetadata read = ViewMetadataParser.fromJson(json);
    read.currentSchemaId();
    base = read;
    return json;
  }

  public static void main(String[] args) throws Exception {
    R = new Recorder(Long.parseLong(args[0]));
    base = ViewMetadata.builder().setLocation("s3://lake/v").setCurrentVersion(
        ImmutableViewVersion.builder().versionId(1).timestampMillis(1_700_000_000_000L).schemaId(0).defaultNamespace(Namespace.of("a"))
            .addRepresentations(ImmutableSQLViewRepresentation.builder().sql("select 1").dialect("spark").build()).build(),
        new Schema(Types.NestedField.required(3, "id", Types.IntegerType.get()))).build();
    base = ViewMetadataParser.fromJson(ViewMetadataParser.toJson(base));
    R.base(ViewMetadataParser.toJson(base));
    for (int c = 0; c < Integer.parseInt(args[1]); c++) {
      ObjectNode line = Recorder.o();
      ObjectNode requirement = Recorder.o().put("type", "assert-view-uuid").put("uuid", i(3) == 0 ? "x" : base.uuid());
      Recorder.requirement(line, requirement, r -> r.validate(base));
      ArrayNode updates = line.putArray("updates");
      for (int k = 0; k < 1 + i(3); k++) update(base, updates);
      R.commit(line, () -> commit(updates));
    }
  }
}
