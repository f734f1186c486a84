// What the recorders share: a line for each commit, with what changed in the document or how it was refused.
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Random;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.apache.iceberg.UpdateRequirement;
import org.apache.iceberg.UpdateRequirementParser;

class Recorder {
  static final ObjectMapper M = new ObjectMapper();
  final Random chance;
  /** Whether each commit is made on the base, and not on what the commit before it made. */
  boolean apart = false;
  private JsonNode last;

  Recorder(long seed) { chance = new Random(seed); }

  int i(int bound) { return chance.nextInt(bound); }
  static ObjectNode o() { return M.createObjectNode(); }
  static ObjectNode action(String a) { return o().put("action", a); }

  void base(String document) throws Exception {
    last = M.readTree(document);
    System.out.println(o().set("base", last));
  }

  /** Notes whether `requirement` holds. */
  static void requirement(ObjectNode line, ObjectNode requirement, Consumer<UpdateRequirement> validate) {
    line.set("requirement", requirement);
    try { validate.accept(UpdateRequirementParser.fromJson(requirement.toString())); } catch (RuntimeException e) { line.put("unmet", e.getMessage()); }
  }

  /** Notes what `commit` makes: the next document, or null if nothing changed. */
  void commit(ObjectNode line, Supplier<String> commit) throws Exception {
    try {
      String json = commit.get();
      if (json != null) changes(line, M.readTree(json));
    } catch (RuntimeException e) {
      line.put("error", String.valueOf(e.getMessage())).put("kind", e.getClass().getSimpleName());
    }
    if (apart) line.put("apart", true);
    System.out.println(line);
  }

  private void changes(ObjectNode line, JsonNode now) {
    ObjectNode changes = line.putObject("changes");
    ArrayNode gone = line.putArray("gone");
    now.fieldNames().forEachRemaining(k -> { if (!now.get(k).equals(last.get(k))) changes.set(k, now.get(k)); });
    last.fieldNames().forEachRemaining(k -> { if (!now.has(k)) gone.add(k); });
    if (!apart) last = now;
  }
}
