/** Where a run leaves its log and its result; git-ignored. */
export const RESULTS = '.simulator';
