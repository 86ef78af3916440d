import { flag, text } from '../../values';
import type { Model } from '../model/model';
import { calledBy, type Found, nameOf, resourcesOf } from '../model/resources';
import type { Rule } from '../rule';

export const notEmpty: Rule = {
  id: 'F72',
  name: 'not-empty',
  title: 'The stack cannot delete what its builds have filled',
  awsError: 'The bucket you tried to delete is not empty (Service: S3, Status Code: 409)',
  cause:
    'DeletionPolicy: Delete asks CloudFormation to delete a bucket or a repository with the stack, which it can only while it is empty',
  fix: 'set autoDeleteObjects: true for the bucket (emptyOnDelete: true for the repository), or keep it with RETAIN',
  link: 'https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/troubleshooting.html',
  *check(model) {
    for (const found of resourcesOf(model.stacks, 'AWS::S3::Bucket')) {
      const filler = isDeleted(found) && !isEmptied(found) ? fillerOf(found, model) : undefined;
      if (filler === undefined) continue;
      yield {
        level: 'warning',
        place: found.resource.place,
        message: `the bucket ${nameOf(found.resource, 'BucketName')} is to be deleted with ${found.stack.name}, ${filler} fills it, and nothing empties it`,
      };
    }
    for (const found of resourcesOf(model.stacks, 'AWS::ECR::Repository')) {
      const { resource, stack } = found;
      if (!isDeleted(found) || flag(resource.properties, 'EmptyOnDelete') === true || isEmptied(found))
        continue;
      const name = nameOf(resource, 'RepositoryName');
      yield {
        level: 'warning',
        place: resource.place,
        message: `the repository ${name} is to be deleted with ${stack.name}, and nothing deletes its images`,
        awsError: `The repository with name '${name}' in registry with id '${stack.account ?? '…'}' cannot be deleted because it still contains images`,
      };
    }
  },
};

/** Said in the template: where nothing is said, nobody may have thought of it. */
function isDeleted({ resource }: Found): boolean {
  return resource.deletionPolicy === 'Delete';
}

/** The CDK's custom resources, which empty it before. */
function isEmptied({ stack, resource }: Found): boolean {
  return stack.resources.some(
    ({ type, raw }) =>
      /^Custom::(S3AutoDeleteObjects|ECRAutoDeleteImages)$/.test(type) &&
      JSON.stringify(raw).includes(`"${resource.logicalId}"`),
  );
}

function fillerOf({ stack, resource }: Found, { projects, pipelines }: Model): string | undefined {
  const name = nameOf(resource, 'BucketName');
  const project = projects.find(
    (one) =>
      (one.artifacts.type === 'S3' && one.artifacts.location === name) ||
      (one.cache.type === 'S3' && one.cache.location?.split('/')[0] === name),
  );
  if (project && (project.stack === stack || !name.includes('‹'))) return calledBy(project);
  const pipeline = pipelines.find(
    (one) => one.stack === stack && text(one.resource.properties, 'ArtifactStore', 'Location') === name,
  );
  return pipeline && nameOf(pipeline.resource, 'Name');
}
