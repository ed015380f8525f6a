import { WorkerError } from '../../../base/errors.ts';
import { quoted } from '../../../base/foreign-text.ts';
import { HOUR_MS, KIB } from '../../../base/units.ts';
import { shownUrl } from '../../../base/urls.ts';
import { readNamedFile } from '../../args/named-file.ts';
import type { World } from '../../world.ts';
import type { BucketChoice } from '../../world/studio.ts';

/** Keeps the password out of the list of processes, where a URL as an argument stands for all to read. */
const DATABASE_VARIABLE = 'STUDIO_WORKER_STUDIO_DATABASE';

/** The database that `--database` or the environment names. @throws WorkerError `cli.usage` */
export function databaseIn(
  given: string | undefined,
  world: Pick<World, 'env'>,
  flag = '--database',
): string | undefined {
  const url = given ?? world.env(DATABASE_VARIABLE) ?? '';
  if (url === '' && given === undefined) return undefined;
  const name = given === undefined ? DATABASE_VARIABLE : flag;
  if (/^postgres(?:ql)?:\/\/./.test(url)) {
    if (isWhole(url)) return url;
    throw new WorkerError('cli.usage', `${name} is no whole URL: ${quoted(shownUrl(url))}`, {
      hint: 'Percent-encode what is special in the password, such as %23 for #, %2F for / and %25 for %.',
    });
  }
  throw new WorkerError(
    'cli.usage',
    `${name} is ${quoted(shownUrl(url))}; allowed: a URL that starts with postgres://`,
  );
}

/** Whether its parts can be told apart, and user and password be decoded. */
function isWhole(text: string): boolean {
  const url = URL.parse(text);
  if (url === null || url.hash !== '') return false;
  try {
    return decodeURIComponent(url.username + url.password) !== undefined;
  } catch {
    return false; // a URIError: a percent sign that escapes nothing
  }
}

/** Bucket names as S3 allows them (docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html). */
const BUCKET_URL = /^s3:\/\/([a-z\d][a-z\d.-]{1,61}[a-z\d])(?:\/([\w!.*'()/-]*))?$/;

/** The bucket that `--artifacts` names. @throws WorkerError `cli.usage` */
export function bucketIn(url: string | undefined, endpoint: string | undefined): BucketChoice | undefined {
  if (url === undefined) {
    if (endpoint === undefined) return undefined;
    throw new WorkerError('cli.usage', '--endpoint names the server of --artifacts, which is missing');
  }
  const [, bucket, path = ''] = BUCKET_URL.exec(url) ?? [];
  if (bucket === undefined) {
    throw new WorkerError('cli.usage', `--artifacts is ${quoted(url)}; allowed: a URL such as s3://bucket/prefix`);
  }
  if (endpoint !== undefined && !/^https?:\/\/./.test(endpoint)) {
    throw new WorkerError(
      'cli.usage',
      `--endpoint is ${quoted(shownUrl(endpoint))}; allowed: a URL that starts with https://`,
    );
  }
  const prefix = path.replace(/\/+$/, '');
  return { bucket, prefix: prefix === '' ? '' : `${prefix}/`, endpoint };
}

const SPANS: Readonly<Record<string, number>> = { h: HOUR_MS, d: 24 * HOUR_MS, w: 7 * 24 * HOUR_MS };

/** A time such as `12h`, `30d` or `4w`, in milliseconds. @throws WorkerError `cli.usage` */
export function spanIn(flag: string, given: string | undefined): number | undefined {
  if (given === undefined) return undefined;
  const [, count = '', unit = ''] = /^(\d{1,5})([hdw])$/.exec(given) ?? [];
  const ms = Number(count) * (SPANS[unit] ?? 0);
  if (ms > 0) return ms;
  throw new WorkerError(
    'cli.usage',
    `${flag} is ${quoted(given)}; allowed: hours, days or weeks, such as 12h, 30d or 4w`,
  );
}

/** More than any chain of certificates has. */
const MAX_PEM_BYTES = 256 * KIB;

/** The texts of a certificate and its key. @throws WorkerError `cli.usage` */
export async function tlsIn(
  files: { readonly cert: string | undefined; readonly key: string | undefined },
  world: Pick<World, 'readText'>,
): Promise<{ readonly cert: string; readonly key: string } | undefined> {
  if (files.cert === undefined && files.key === undefined) return undefined;
  if (files.cert === undefined || files.key === undefined) {
    throw new WorkerError('cli.usage', 'use --tls-cert and --tls-key together, or neither');
  }
  return {
    cert: await pemIn('--tls-cert', files.cert, world),
    key: await pemIn('--tls-key', files.key, world),
  };
}

async function pemIn(flag: string, path: string, world: Pick<World, 'readText'>): Promise<string> {
  const text = await readNamedFile(flag, path, MAX_PEM_BYTES, world);
  if (text === undefined) throw new WorkerError('cli.usage', `${flag}: ${path} does not exist`);
  if (text.includes('-----BEGIN ')) return text;
  throw new WorkerError('cli.usage', `${flag}: ${path} holds no PEM, which begins with -----BEGIN`);
}
