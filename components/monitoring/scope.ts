/** Figures that the rules and dashboards name. */
const figure = /\b(ALERTS|up|(?:probe|mysql|kubelet|ghost_platform)_[a-z_]+)\b(?:\{([^}]*)\})?/g;

/**
 * An expression that is about one stack alone, for a Prometheus that watches several: every figure in it has one more condition.
 *
 * @param matcher for example `namespace="press"`
 */
export function scoped(expression: string, matcher: string): string {
  return expression.replace(
    figure,
    (_, name: string, conditions = "") => `${name}{${[conditions, matcher].filter(Boolean).join(",")}}`,
  );
}
