/**
 * The address that a trusted proxy names as its client's: the last of `X-Forwarded-For`, which is the one that the proxy
 * itself put there; whatever stands before was sent by the client. Undefined without one.
 */
export function forwardedAddress(headers: Pick<Headers, 'get'>): string | undefined {
  const last = (headers.get('x-forwarded-for') ?? '').split(',').at(-1)?.trim() ?? '';
  const address = last.replace(/^\[(.*)\](?::\d+)?$/, '$1').replace(/^(\d+(?:\.\d+){3}):\d+$/, '$1');
  return /^[\da-f.:]{2,45}$/i.test(address) ? address : undefined;
}
