import type { BucketCredentials } from '../../system/net/objects/bucket-options.ts';

/** What a profile of the usual files says. */
export interface AwsProfile {
  readonly credentials: BucketCredentials | undefined;
  readonly region: string | undefined;
}

/**
 * Reads a profile of a credentials file, in which every tool for S3 looks
 * (docs.aws.amazon.com/sdkref/latest/guide/file-format.html). What is missing there is undefined.
 */
export function profileIn(text: string, profile: string): AwsProfile {
  const values = new Map<string, string>();
  let isOurs = false;
  for (const line of text.split(/\r?\n/).map((each) => each.trim())) {
    const heading = /^\[(?:profile\s+)?(.+?)\]/.exec(line)?.[1];
    if (heading !== undefined) isOurs = heading === profile;
    const [, key, value] = /^([^=#;[]+?)\s*=\s*(.*)$/.exec(line) ?? [];
    if (isOurs && key !== undefined && value !== undefined) values.set(key.toLowerCase(), value);
  }
  const [accessKeyId, secretAccessKey] = [values.get('aws_access_key_id'), values.get('aws_secret_access_key')];
  const isWhole = accessKeyId !== undefined && secretAccessKey !== undefined;
  return {
    credentials: isWhole ? { accessKeyId, secretAccessKey, sessionToken: values.get('aws_session_token') } : undefined,
    region: values.get('region'),
  };
}

/** The file to look into; undefined where the environment has a key, which comes first. */
export const credentialsFile = (get: (name: string) => string | undefined, homeDir: string): string | undefined =>
  get('AWS_ACCESS_KEY_ID') !== undefined || get('S3_ACCESS_KEY_ID') !== undefined
    ? undefined
    : (get('AWS_SHARED_CREDENTIALS_FILE') ?? `${homeDir}/.aws/credentials`);
