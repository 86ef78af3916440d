// A notice about the SDK, in the middle of the results.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';

/** Types are checked once, by `npm run typecheck`; here the files are only transpiled. */
module.exports = {
  // All cores: jest leaves one free, which on two is half the machine.
  maxWorkers: '100%',
  // A busy machine is no failure: emulators and CDK take their time.
  testTimeout: 120_000,
  testSequencer: '<rootDir>/test/longest-first.js',
  testEnvironment: 'node',
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  transform: {
    '^.+\\.ts$|/unbash/.+\\.js$': [
      '@swc/jest',
      { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' } },
    ],
  },
  // An ES module, which jest's require() does not take.
  transformIgnorePatterns: ['/node_modules/(?!unbash/)'],
};
