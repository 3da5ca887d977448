import java.io.BufferedReader;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.apache.lucene.analysis.Analyzer;
import org.apache.lucene.analysis.CharArraySet;
import org.apache.lucene.analysis.AnalyzerWrapper;
import org.apache.lucene.analysis.standard.StandardAnalyzer;
import org.apache.lucene.document.Document;
import org.apache.lucene.document.Field;
import org.apache.lucene.document.TextField;
import org.apache.lucene.index.Term;
import org.apache.lucene.monitor.Monitor;
import org.apache.lucene.monitor.MonitorQuery;
import org.apache.lucene.monitor.MatchingQueries;
import org.apache.lucene.monitor.MultipassTermFilteredPresearcher;
import org.apache.lucene.monitor.Presearcher;
import org.apache.lucene.monitor.QueryMatch;
import org.apache.lucene.monitor.TermFilteredPresearcher;
import org.apache.lucene.queries.spans.SpanNearQuery;
import org.apache.lucene.queries.spans.SpanQuery;
import org.apache.lucene.queries.spans.SpanTermQuery;
import org.apache.lucene.search.BooleanClause.Occur;
import org.apache.lucene.search.BooleanQuery;
import org.apache.lucene.search.PhraseQuery;
import org.apache.lucene.search.PrefixQuery;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.TermQuery;

/**
 * Lucene Monitor over the rules and stories of rulebook.py.
 *
 * <p>Arguments: presearcher (term or multipass), rules, stories, where to write the matches. Rules are lines of prefix
 * notation, stories lines of headline, TAB, body. Prints the number of rules, seconds to load
 * and seconds of processor time to match, after a pass to warm up.
 */
public final class Peer {
  private static final String TEXT = "text";
  private static final String HEADLINE = "headline";

  public static void main(String[] arguments) throws IOException {
    Presearcher presearcher =
        arguments[0].equals("multipass") ? new MultipassTermFilteredPresearcher(4) : new TermFilteredPresearcher();
    Analyzer analyzer = apart(new StandardAnalyzer(CharArraySet.EMPTY_SET));
    List<Document> stories = stories(Path.of(arguments[2]));
    try (Monitor monitor = new Monitor(analyzer, presearcher)) {
      long began = System.nanoTime();
      int count = load(monitor, Path.of(arguments[1]));
      double loaded = (System.nanoTime() - began) / 1e9;
      int pass = Math.min(stories.size(), 500);
      for (Document story : stories.subList(0, pass)) {
        monitor.match(story, QueryMatch.SIMPLE_MATCHER);
      }
      List<String> lines = new ArrayList<>();
      ThreadMXBean threads = ManagementFactory.getThreadMXBean();
      long matching = 0;
      for (Document story : stories) {
        long start = threads.getCurrentThreadCpuTime();
        MatchingQueries<QueryMatch> found = monitor.match(story, QueryMatch.SIMPLE_MATCHER);
        matching += threads.getCurrentThreadCpuTime() - start;
        List<Integer> ids = new ArrayList<>();
        found.getMatches().forEach(match -> ids.add(Integer.parseInt(match.getQueryId())));
        Collections.sort(ids);
        lines.add(ids.toString());
      }
      Files.write(Path.of(arguments[3]), lines);
      System.out.printf("%d %.6f %.6f%n", count, loaded, matching / 1e9);
    }
  }

  /** Returns the analyzer with a gap between two values of a field, so that nothing crosses from one to the other. */
  private static Analyzer apart(Analyzer analyzer) {
    return new AnalyzerWrapper(Analyzer.PER_FIELD_REUSE_STRATEGY) {
      @Override
      protected Analyzer getWrappedAnalyzer(String field) {
        return analyzer;
      }

      @Override
      public int getPositionIncrementGap(String field) {
        return 2000;
      }
    };
  }

  private static List<Document> stories(Path path) throws IOException {
    List<Document> stories = new ArrayList<>();
    for (String line : Files.readAllLines(path)) {
      String[] parts = line.split("\t", 2);
      Document story = new Document();
      story.add(new TextField(HEADLINE, parts[0], Field.Store.NO));
      story.add(new TextField(TEXT, parts[0], Field.Store.NO));
      story.add(new TextField(TEXT, parts[1], Field.Store.NO));
      stories.add(story);
    }
    return stories;
  }

  private static int load(Monitor monitor, Path path) throws IOException {
    int count = 0;
    List<MonitorQuery> batch = new ArrayList<>();
    try (BufferedReader reader = Files.newBufferedReader(path)) {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        Query query = query(new ArrayDeque<>(Arrays.asList(line.split(" "))));
        batch.add(new MonitorQuery(Integer.toString(count++), query));
        if (batch.size() == 5000) {
          monitor.register(batch);
          batch.clear();
        }
      }
    }
    monitor.register(batch);
    return count;
  }

  private static Query query(ArrayDeque<String> signs) {
    String sign = signs.poll();
    if (!sign.equals("(")) {
      return term(sign);
    }
    String operator = signs.poll();
    if (operator.equals("near")) {
      int distance = Integer.parseInt(signs.poll());
      SpanQuery[] sides = {span(signs.poll()), span(signs.poll())};
      signs.poll();
      return new SpanNearQuery(sides, distance - 1, false);
    }
    BooleanQuery.Builder builder = new BooleanQuery.Builder();
    while (!signs.peek().equals(")")) {
      if (signs.peek().equals("(")) {
        ArrayDeque<String> ahead = new ArrayDeque<>(signs);
        ahead.poll();
        if (ahead.peek().equals("not")) {
          signs.poll();
          signs.poll();
          builder.add(query(signs), Occur.MUST_NOT);
          signs.poll();
          continue;
        }
      }
      builder.add(query(signs), operator.equals("and") ? Occur.MUST : Occur.SHOULD);
    }
    signs.poll();
    return builder.build();
  }

  private static SpanQuery span(String sign) {
    return new SpanTermQuery(new Term(TEXT, sign.substring(2)));
  }

  private static Query term(String sign) {
    String value = sign.substring(2);
    switch (sign.charAt(0)) {
      case 'p':
        return new PhraseQuery(TEXT, value.split(","));
      case 'x':
        return new PrefixQuery(new Term(TEXT, value));
      case 'h':
        return new TermQuery(new Term(HEADLINE, value));
      default:
        return new TermQuery(new Term(TEXT, value));
    }
  }

  private Peer() {}
}
