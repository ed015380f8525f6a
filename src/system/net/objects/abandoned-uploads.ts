import { createHash, createHmac } from 'node:crypto';
import type { Clock } from '../../clock.ts';
import type { BucketCredentials, BucketOptions } from './bucket-options.ts';

/** A multipart upload that was begun, and neither completed nor aborted. */
export interface OpenUpload {
  readonly key: string;
  readonly id: string;
  /** Milliseconds since the epoch, by the store's clock. */
  readonly sinceMs: number;
}

/** What the runtime's client for buckets has no requests for. */
export interface OpenUploads {
  /** At most a thousand of those whose keys begin so. */
  list(prefix: string): Promise<readonly OpenUpload[]>;
  /** Fine when it is over. */
  abort(upload: Pick<OpenUpload, 'key' | 'id'>): Promise<void>;
}

/** An answer of the store that is no success. */
class StoreError extends Error {
  override readonly name = 'StoreError';
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

const LIMIT_MS = 30_000;
const EMPTY_SHA256 = createHash('sha256').digest('hex');

/** Requests of our own, signed as AWS asks (docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html). */
export function openUploadsOf(options: BucketOptions, clock: Pick<Clock, 'now'>): OpenUploads {
  const place = placeOf(options);
  const ask = async (method: 'GET' | 'DELETE', key: string, query: Readonly<Record<string, string>>) => {
    const url = new URL(
      `${place.base}/${place.bucket}${key === '' ? '' : `/${key.split('/').map(escaped).join('/')}`}`,
    );
    url.search = canonicalQuery(query);
    const headers = signed(method, url, place, new Date(clock.now()));
    const answer = await fetch(url, { method, headers, signal: AbortSignal.timeout(LIMIT_MS) });
    const text = await answer.text();
    if (answer.ok) return text;
    throw new StoreError(tagIn(text, 'Code') ?? `HTTP ${answer.status}`, tagIn(text, 'Message') ?? answer.statusText);
  };
  return {
    list: async (prefix) => uploadsIn(await ask('GET', '', { prefix, uploads: '' })),
    abort: async ({ key, id }) => {
      await ask('DELETE', key, { uploadId: id }).catch((thrown: unknown) => {
        if (!(thrown instanceof StoreError) || thrown.code !== 'NoSuchUpload') throw thrown;
      });
    },
  };
}

interface Place {
  readonly base: string;
  readonly bucket: string;
  readonly region: string;
  readonly credentials: BucketCredentials;
}

/** As the runtime's client finds them (bun.com/docs/api/s3#credentials). */
function placeOf({ bucket, endpoint, region, credentials }: BucketOptions): Place {
  const env = (name: string): string | undefined => process.env[`S3_${name}`] ?? process.env[`AWS_${name}`];
  const where = region ?? env('REGION') ?? regionIn(endpoint ?? env('ENDPOINT') ?? '') ?? 'us-east-1';
  return {
    bucket,
    region: where,
    base: (endpoint ?? env('ENDPOINT') ?? `https://s3.${where}.amazonaws.com`).replace(/\/+$/, ''),
    credentials: credentials ?? {
      accessKeyId: env('ACCESS_KEY_ID') ?? '',
      secretAccessKey: env('SECRET_ACCESS_KEY') ?? '',
      sessionToken: env('SESSION_TOKEN'),
    },
  };
}

/** AWS has it in the names of its servers (docs.aws.amazon.com/general/latest/gr/s3.html). */
const regionIn = (endpoint: string): string | undefined =>
  /\bs3[.-](?:dualstack\.)?([a-z]{2}(?:-[a-z]+)+-\d)\.amazonaws\.com/.exec(endpoint)?.[1];

function signed(method: string, url: URL, { region, credentials }: Place, now: Date): Record<string, string> {
  const time = now.toISOString().replaceAll(/[-:]|\.\d+/g, '');
  const { accessKeyId, secretAccessKey, sessionToken } = credentials;
  const headers: Record<string, string> = {
    host: url.host,
    'x-amz-content-sha256': EMPTY_SHA256,
    'x-amz-date': time,
    ...(sessionToken !== undefined && { 'x-amz-security-token': sessionToken }),
  };
  const names = Object.keys(headers).toSorted();
  const canonical = [
    method,
    url.pathname,
    url.search.slice(1),
    ...names.map((name) => `${name}:${headers[name]}`),
    '',
    names.join(';'),
    EMPTY_SHA256,
  ].join('\n');
  const scope = [time.slice(0, 8), region, 's3', 'aws4_request'];
  const hash = createHash('sha256').update(canonical).digest('hex');
  const key = scope.reduce<string | Buffer>(hmac, `AWS4${secretAccessKey}`);
  const signature = createHmac('sha256', key)
    .update(['AWS4-HMAC-SHA256', time, scope.join('/'), hash].join('\n'))
    .digest('hex');
  return {
    ...headers,
    authorization: `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope.join('/')}, SignedHeaders=${names.join(';')}, Signature=${signature}`,
  };
}

const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();

const canonicalQuery = (query: Readonly<Record<string, string>>): string =>
  Object.entries(query)
    .map(([name, value]) => `${escaped(name)}=${escaped(value)}`)
    .toSorted()
    .join('&');

const escaped = (text: string): string =>
  encodeURIComponent(text).replaceAll(/[!'()*]/g, (each) => `%${each.charCodeAt(0).toString(16).toUpperCase()}`);

const uploadsIn = (xml: string): readonly OpenUpload[] =>
  [...xml.matchAll(/<Upload>(.*?)<\/Upload>/gs)].map(([, upload = '']) => ({
    key: tagIn(upload, 'Key') ?? '',
    id: tagIn(upload, 'UploadId') ?? '',
    sinceMs: Date.parse(tagIn(upload, 'Initiated') ?? ''),
  }));

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", '#39': "'" };

function tagIn(xml: string, name: string): string | undefined {
  const text = new RegExp(`<${name}>(.*?)</${name}>`, 's').exec(xml)?.[1];
  return text?.replaceAll(/&(#?\w+);/g, (whole, entity: string) => ENTITIES[entity] ?? whole);
}
