import type { ReportFormat } from '../../../buildspec/report-formats';
import { clover, cobertura, type Coverage, jacoco, simplecov } from './coverage';
import { cucumber, junit, nunit, nunit3, type TestCounts, testng, trx } from './tests';

export type Format =
  | { readonly type: 'TEST'; readonly read: (text: string) => TestCounts }
  | { readonly type: 'CODE_COVERAGE'; readonly read: (text: string) => Coverage };

/** By what a buildspec says in `file-format`. */
export const FORMATS: Readonly<Record<ReportFormat, Format>> = {
  CUCUMBERJSON: { type: 'TEST', read: cucumber },
  JUNITXML: { type: 'TEST', read: junit },
  NUNITXML: { type: 'TEST', read: nunit },
  NUNIT3XML: { type: 'TEST', read: nunit3 },
  TESTNGXML: { type: 'TEST', read: testng },
  VISUALSTUDIOTRX: { type: 'TEST', read: trx },
  CLOVERXML: { type: 'CODE_COVERAGE', read: clover },
  COBERTURAXML: { type: 'CODE_COVERAGE', read: cobertura },
  JACOCOXML: { type: 'CODE_COVERAGE', read: jacoco },
  SIMPLECOV: { type: 'CODE_COVERAGE', read: simplecov },
};
