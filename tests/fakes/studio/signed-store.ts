import { createHash, createHmac, randomBytes } from 'node:crypto';

/** A store that checks every signature, as AWS does, and knows one key; its objects are in memory. */
export interface SignedStore extends AsyncDisposable {
  readonly endpoint: string;
  readonly bucket: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** Objects by key. */
  readonly objects: ReadonlyMap<string, Uint8Array>;
  /** Keys of multipart uploads that are open, by id, and when each began. */
  readonly uploads: Map<string, { readonly key: string; readonly since: Date }>;
  /** Methods that the key has no right to. */
  deny(...methods: readonly string[]): void;
  /** How far its clock is ahead of everybody else's, milliseconds. */
  skew(ms: number): void;
}

const KEY = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' };
const BUCKET = 'renders';
/** What AWS allows (docs.aws.amazon.com/AmazonS3/latest/API/RESTAuthentication.html). */
const MAX_SKEW_MS = 15 * 60 * 1_000;

/** On a free port of loopback. */
export async function startSignedStore(): Promise<SignedStore> {
  const objects = new Map<string, Uint8Array>();
  const uploads: SignedStore['uploads'] = new Map();
  const parts = new Map<string, Map<number, Uint8Array>>();
  const denied = new Set<string>();
  let skewMs = 0;

  async function answer(request: Request): Promise<Response> {
    const url = new URL(request.url);
    const body = new Uint8Array(await request.arrayBuffer());
    const wrong = objectionTo(request, url, Date.now() + skewMs);
    if (wrong !== undefined) return refusal(403, wrong);
    if (denied.has(request.method)) return refusal(403, 'AccessDenied');
    const [, bucket, ...path] = decodeURIComponent(url.pathname).split('/');
    if (bucket !== BUCKET) return refusal(404, 'NoSuchBucket');
    const key = path.join('/');
    return key === '' ? ofBucket(url) : ofObject(request.method, key, { url, body });
  }

  function ofBucket({ searchParams }: URL): Response {
    const prefix = searchParams.get('prefix') ?? '';
    if (!searchParams.has('uploads'))
      return xml('<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>');
    const rows = [...uploads].filter(([, { key }]) => key.startsWith(prefix)).map(uploadRow);
    return xml(
      `<ListMultipartUploadsResult><IsTruncated>false</IsTruncated>${rows.join('')}</ListMultipartUploadsResult>`,
    );
  }

  function ofObject(method: string, key: string, { url, body }: Asked): Response {
    const id = url.searchParams.get('uploadId');
    if (method === 'POST' && id === null) return begin(key);
    if (id !== null) return ofUpload(method, id, { url, body });
    if (method === 'PUT') objects.set(key, body);
    if (method === 'DELETE') objects.delete(key);
    const found = objects.get(key);
    if (method === 'GET' || method === 'HEAD') {
      return found === undefined
        ? refusal(404, 'NoSuchKey')
        : new Response(method === 'GET' ? Uint8Array.from(found) : null);
    }
    return new Response(null, { status: method === 'DELETE' ? 204 : 200, headers: { etag: '"tag"' } });
  }

  function begin(key: string): Response {
    const id = randomBytes(8).toString('hex');
    uploads.set(id, { key, since: new Date(Date.now() + skewMs) });
    parts.set(id, new Map());
    return xml(`<InitiateMultipartUploadResult><UploadId>${id}</UploadId></InitiateMultipartUploadResult>`);
  }

  function ofUpload(method: string, id: string, { url, body }: Asked): Response {
    const upload = uploads.get(id);
    const pieces = parts.get(id) ?? new Map<number, Uint8Array>();
    if (upload === undefined) return refusal(404, 'NoSuchUpload');
    if (method === 'PUT') pieces.set(Number(url.searchParams.get('partNumber')), body);
    if (method === 'PUT') return new Response(null, { headers: { etag: '"tag"' } });
    uploads.delete(id);
    if (method === 'DELETE') return new Response(null, { status: 204 });
    const inOrder = [...pieces].toSorted(([one], [other]) => one - other).map(([, bytes]) => bytes);
    objects.set(upload.key, new Uint8Array(Buffer.concat(inOrder)));
    return xml('<CompleteMultipartUploadResult><ETag>"tag"</ETag></CompleteMultipartUploadResult>');
  }

  const server = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch: answer });
  return {
    endpoint: `http://127.0.0.1:${server.port}`,
    bucket: BUCKET,
    credentials: KEY,
    objects,
    uploads,
    deny: (...methods) => methods.forEach((each) => denied.add(each)),
    skew: (ms) => void (skewMs = ms),
    [Symbol.asyncDispose]: () => server.stop(true),
  };
}

interface Asked {
  readonly url: URL;
  readonly body: Uint8Array;
}

const uploadRow = ([id, { key, since }]: readonly [string, { readonly key: string; readonly since: Date }]): string =>
  `<Upload><Key>${Bun.escapeHTML(key)}</Key><UploadId>${id}</UploadId><Initiated>${since.toISOString()}</Initiated></Upload>`;

const xml = (text: string, status = 200): Response =>
  new Response(`<?xml version="1.0" encoding="UTF-8"?>${text}`, {
    status,
    headers: { 'content-type': 'application/xml' },
  });
const refusal = (status: number, code: string): Response =>
  xml(`<Error><Code>${code}</Code><Message>said by the store: ${code}</Message></Error>`, status);

/**
 * What is wrong with the signature of a request; undefined when nothing is
 * (docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html).
 */
function objectionTo({ method, headers }: Request, url: URL, now: number): string | undefined {
  const given =
    /Credential=([^/]+)\/(\d+)\/([^/]+)\/s3\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]+)/.exec(
      headers.get('authorization') ?? '',
    );
  if (given === null) return 'AccessDenied';
  const [, accessKeyId, date = '', region = '', names = '', signature] = given;
  if (accessKeyId !== KEY.accessKeyId) return 'InvalidAccessKeyId';
  const time = headers.get('x-amz-date') ?? '';
  const at = Date.parse(time.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
  if (Math.abs(at - now) > MAX_SKEW_MS) return 'RequestTimeTooSkewed';
  const query = [...url.searchParams].map(([name, value]) => `${escaped(name)}=${escaped(value)}`).toSorted();
  const canonical = [
    method,
    url.pathname,
    query.join('&'),
    ...names.split(';').map((name) => `${name}:${headers.get(name)?.trim() ?? ''}`),
    '',
    names,
    headers.get('x-amz-content-sha256') ?? '',
  ].join('\n');
  const scope = `${date}/${region}/s3/aws4_request`;
  const toSign = ['AWS4-HMAC-SHA256', time, scope, createHash('sha256').update(canonical).digest('hex')].join('\n');
  const key = [date, region, 's3', 'aws4_request'].reduce<string | Buffer>(
    (last, text) => createHmac('sha256', last).update(text).digest(),
    `AWS4${KEY.secretAccessKey}`,
  );
  const right = createHmac('sha256', key).update(toSign).digest('hex');
  return right === signature ? undefined : 'SignatureDoesNotMatch';
}

const escaped = (text: string): string =>
  encodeURIComponent(text).replaceAll(/[!'()*]/g, (each) => `%${each.charCodeAt(0).toString(16).toUpperCase()}`);
