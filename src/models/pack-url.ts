const API = /^https:\/\/api\.github\.com\/repos\/([^/]+\/[^/]+)\/releases\/?$/;

/**
 * Where a file of a release is, by the feed that lists the releases (`auto_update_feed`): files of a repository are
 * beside its releases, and any other feed has them under `download/<tag>/` below itself, as the repository does.
 */
export function releaseFileUrl(feed: string, version: string, file: string): string {
  const [, repository] = API.exec(feed) ?? [];
  const base = repository === undefined ? feed.replace(/\/+$/, '') : `https://github.com/${repository}/releases`;
  return `${base}/download/${TAG_PREFIX}${version}/${encodeURIComponent(file)}`;
}

const TAG_PREFIX = 'studio-worker-v';
