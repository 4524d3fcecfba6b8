import eslint from "@eslint/js";
import tseslint from "typescript-eslint";

/** The folders from the ground up: each may import from those before it alone. docs/architecture.md says what stands in them. */
export const rooms = [
  "files",
  "terminal",
  "config",
  "platforms",
  "components",
  "stacks",
  "render",
  "engines",
  "home",
  "sandbox",
  "machines",
  "deploy",
  "ops",
  "drills",
  "backup",
  "examples",
  "bench",
];

export default tseslint.config(
  { ignores: ["node_modules/", "rendered/", ".ghost-platform/"] },
  eslint.configs.recommended,
  {
    files: ["**/*.ts"],
    extends: [...tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      // Resources register themselves when they are made.
      "no-new": "off",
      "@typescript-eslint/no-extraneous-class": "off",
      // Numbers read well in messages.
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      // A callback that returns what it calls is common in tests and child-process code.
      "@typescript-eslint/no-confusing-void-expression": "off",
      "@typescript-eslint/consistent-type-imports": "error",
      eqeqeq: "error",
    },
  },
  ...rooms.slice(0, -1).map((room, index) => ({
    files: [`${room}/**/*.ts`],
    rules: {
      "no-restricted-imports": [
        "error",
        {
          patterns: [
            {
              regex: `^(\\.\\./)+(${rooms.slice(index + 1).join("|")})/`,
              message: `${room}/ stands below it (docs/architecture.md)`,
            },
          ],
        },
      ],
    },
  })),
  {
    files: ["tests/**/*.ts"],
    rules: {
      // chai's assertions are expressions.
      "@typescript-eslint/no-unused-expressions": "off",
      // The SDK's types promise every member of an object; a rendered object has those that are set.
      "@typescript-eslint/no-unnecessary-condition": "off",
    },
  },
  {
    // Scripts that Node.js runs as they are.
    files: ["**/*.{js,cjs,mjs}"],
    languageOptions: {
      globals: {
        console: "readonly",
        process: "readonly",
        setTimeout: "readonly",
        require: "readonly",
        module: "readonly",
        __dirname: "readonly",
        Buffer: "readonly",
        URL: "readonly",
        AbortController: "readonly",
        fetch: "readonly",
        setInterval: "readonly",
        clearInterval: "readonly",
        clearTimeout: "readonly",
      },
    },
  },
);
