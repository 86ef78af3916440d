/** Of every resource: by them, costs are found. */
export function tagsOf(environment: string): Record<string, string> {
  return { project: 'mangoo', component: 'ci-cd', environment };
}
