/**
 * Root hook of the end-to-end tests. The first test of a suite brings its stack up; when it has failed, the others are left out: each of
 * them would only wait for its own time limit.
 */
export const mochaHooks: Mocha.RootHookObject = {
  beforeEach(this: Mocha.Context) {
    let suite = this.currentTest?.parent;
    while (suite?.parent && !suite.parent.root) {
      suite = suite.parent;
    }
    if (suite?.tests[0]?.state === "failed") {
      this.skip();
    }
  },
};
