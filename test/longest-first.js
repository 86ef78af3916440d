const { default: Sequencer } = require('@jest/test-sequencer');

// Minutes of CDK, npm and AWS CLI. jest knows durations only from earlier runs, and a fresh clone has none: begun last, they
// would run alone.
const LONG =
  /(simulator\/(loop|serve|deliveries|numbers-of-images|faults-of-\w+|cloudformation\/cdk)|rollback\/rollback)\.test\.ts$/;

module.exports = class LongestFirst extends Sequencer {
  sort(tests) {
    return super.sort(tests).sort((a, b) => Number(LONG.test(b.path)) - Number(LONG.test(a.path)));
  }
};
