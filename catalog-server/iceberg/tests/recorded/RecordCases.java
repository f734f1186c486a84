// As Record.java, for commits that chance does not find. Reads a recording and records it anew; a case is added as a line
// {"updates": [...]} behind the base that it is made on.
//   java -cp "$CP:." RecordCases < java-cases.jsonl > new.jsonl
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import org.apache.iceberg.TableMetadataParser;

public class RecordCases {
  public static void main(String[] args) throws Exception {
    BufferedReader cases = new BufferedReader(new InputStreamReader(System.in));
    String base = null, file = Record.file;
    Record.R = new Recorder(1);
    Record.R.apart = true;
    int number = 0;
    for (String text = cases.readLine(); text != null; text = cases.readLine()) {
      JsonNode line = Recorder.M.readTree(text);
      if (line.has("base")) {
        base = line.get("base").toString();
        Record.R.base(base);
        continue;
      }
      Record.file = file;
      Record.base = TableMetadataParser.fromJson(file, base);
      Record.record((ArrayNode) line.get("updates"), ++number);
    }
  }
}
