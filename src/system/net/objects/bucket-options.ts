/** Where a bucket is, and who asks. */
export interface BucketOptions {
  readonly bucket: string;
  /** The server's URL; the one of AWS in that region where it is not named. */
  readonly endpoint?: string | undefined;
  readonly region?: string | undefined;
  /** Those of the environment (`AWS_ACCESS_KEY_ID` …) where none are given. */
  readonly credentials?: BucketCredentials | undefined;
}

/** An access key. */
export interface BucketCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
}
