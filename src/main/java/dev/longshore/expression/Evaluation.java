package dev.longshore.expression;

import dev.cel.bundle.Cel;
import dev.cel.bundle.CelBuilder;
import dev.cel.bundle.CelFactory;
import dev.cel.common.CelAbstractSyntaxTree;
import dev.cel.common.CelIssue;
import dev.cel.common.CelOptions;
import dev.cel.common.CelValidationException;
import dev.cel.common.types.SimpleType;
import dev.cel.parser.CelStandardMacro;
import dev.cel.runtime.CelEvaluationException;
import dev.cel.runtime.CelRuntime.Program;
import dev.cel.runtime.CelVariableResolver;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/** One expression, compiled once and run for many items, by any number of threads; what goes wrong in a run is told once. */
final class Evaluation {
  private static final int LONGEST = 1024;
  /** Steps through lists and maps in one run, all loops together. */
  private static final int MOST_STEPS = 100_000;
  private static final CelOptions BOUNDS = CelOptions.current()
      .maxExpressionCodePointSize(LONGEST).maxParseRecursionDepth(50).comprehensionMaxIterations(MOST_STEPS).build();

  private final String text;
  private final CelAbstractSyntaxTree tree;
  private final Program program;
  private final Consumer<String> firstProblem;
  private final AtomicBoolean told = new AtomicBoolean();

  private Evaluation(String text, CelAbstractSyntaxTree tree, Program program, Consumer<String> firstProblem) {
    this.text = text;
    this.tree = tree;
    this.program = program;
    this.firstProblem = firstProblem;
  }

  /** What expressions over these variables are compiled with; it takes milliseconds to make and any number of expressions. */
  static Cel over(String... variables) {
    CelBuilder builder = CelFactory.standardCelBuilder().setOptions(BOUNDS).setStandardMacros(CelStandardMacro.STANDARD_MACROS);
    for (String variable : variables) {
      builder.addVar(variable, SimpleType.DYN);
    }
    return builder.build();
  }

  /**
   * Compiles {@code text}.
   *
   * @param firstProblem told what went wrong in the first run that failed
   */
  static Evaluation compile(Cel cel, String text, Consumer<String> firstProblem) throws InvalidExpressionException {
    try {
      CelAbstractSyntaxTree tree = cel.compile(text).getAst();
      return new Evaluation(text, tree, cel.createProgram(tree), firstProblem);
    } catch (CelValidationException e) {
      String why = e.getErrors().isEmpty() ? ": " + e.getMessage() : place(e.getErrors().getFirst()) + e.getErrors().getFirst().getMessage();
      throw new InvalidExpressionException("\"" + text + "\" is no CEL expression" + why);
    } catch (CelEvaluationException e) {
      throw new InvalidExpressionException("\"" + text + "\" cannot be run: " + e.getMessage());
    }
  }

  private static String place(CelIssue issue) {
    int column = issue.getSourceLocation().getColumn();
    return column < 0 ? ": " : ": at line " + issue.getSourceLocation().getLine() + ", character " + (column + 1) + ": ";
  }

  CelAbstractSyntaxTree tree() {
    return tree;
  }

  /** What comes of it; empty when it fails. {@code variables} is asked only for those that the run needs. */
  Optional<Object> run(CelVariableResolver variables) {
    try {
      return Optional.ofNullable(program.eval(variables));
    } catch (CelEvaluationException | RuntimeException e) {
      problem(e.getMessage());
      return Optional.empty();
    }
  }

  void problem(String what) {
    if (told.compareAndSet(false, true)) {
      firstProblem.accept(text + ": " + what);
    }
  }
}
