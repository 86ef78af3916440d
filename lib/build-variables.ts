/**
 * The variables that the CodeBuild project gives to `buildspec.yml` and `ci/`, besides CodeBuild's own. A test compares
 * this interface with what the buildspec and the scripts read and with what the synthesized project sets.
 */
export interface BuildVariables {
  /** Where `backend/`, `frontend/` and `cdk/` lie, relative to the repository's root, e.g. `.` or `examples/mangoo`. */
  readonly APP_DIR: string;
  /**
   * The images to build, separated by spaces, each `name,context,repository,service,maxSizeMB`; the context is relative to
   * APP_DIR, the size may be missing, e.g. `backend,backend,mangoo-backend,mangoo-backend-service,200`.
   */
  readonly IMAGES: string;
  /** The ECS cluster whose services must end up on the pushed images. */
  readonly ECS_CLUSTER: string;
  /** The application's CDK stacks to deploy, separated by spaces. Never the pipeline's own. */
  readonly CDK_STACK_NAME: string;
  /** The deployment environment as the application's CDK app reads it, e.g. `dev` or `prod`. */
  readonly CDK_ENV: string;
  /** The same for the application itself; the guide uses both names. */
  readonly ENVIRONMENT: string;
  /** Runtime versions that buildspec.yml names in `runtime-versions`, e.g. `20` and `3.11`. */
  readonly NODEJS_VERSION: string;
  readonly PYTHON_VERSION: string;
  /** JSON of the ECR lifecycle policy, so that pre_build can heal a deleted repository with the stack's own settings. */
  readonly ECR_LIFECYCLE_POLICY: string;
  /** JSON list of `{ Key, Value }`: the repositories' tags, for the same. */
  readonly RESOURCE_TAGS: string;
  /** The repository for the layers of images, for builders that can write to one; absent: layers stay on the build host. */
  readonly LAYER_CACHE?: string;
  /** The tag that moves to what runs, e.g. `latest` or `latest-dev`: repositories are shared by the environments. */
  readonly DEPLOYED_TAG: string;
  /** The parameter whose newest version is the release that runs, e.g. `/mangoo-releases/prod`. */
  readonly RELEASE_PARAMETER: string;
  /** Of the bootstrap whose roles a build may assume. */
  readonly BOOTSTRAP_QUALIFIER: string;
  /** Name of the policy that must bound every role that the application's stacks make; read by the application's CDK app. */
  readonly PERMISSIONS_BOUNDARY: string;
  /** Where the application is deployed, for `ci/` and for its CDK app; absent: the build's own account and region. */
  readonly TARGET_ACCOUNT?: string;
  readonly TARGET_REGION?: string;
  /** The role that watches the rollout there; absent: the build's own. */
  readonly ROLLOUT_ROLE_ARN?: string;
  /** JSON of those of `application.allowedChanges` that are of these stacks; absent: none is. */
  readonly ALLOWED_CHANGES?: string;
  /** Commands of the configuration; absent: none is run. */
  readonly MIGRATION?: string;
  readonly SMOKE_TEST?: string;
  /** JSON of `imageScan` of the configuration; absent: nothing waits for a scan. */
  readonly IMAGE_SCAN?: string;
  /** The repository's address, where CodeBuild does not tell it: to builds of CodePipeline's. */
  readonly REPOSITORY_URL?: string;
  /** What a minute of the build costs in US dollars, e.g. `0.02`; absent where the price is not known. */
  readonly BUILD_MINUTE_USD?: string;
}
