import fc from 'fast-check';

/** The same inputs in every run, so that nobody's push fails by what another one has drawn; FAST_CHECK_SEED draws others. */
fc.configureGlobal({ seed: Number(process.env.FAST_CHECK_SEED ?? 1) });

export default fc;
