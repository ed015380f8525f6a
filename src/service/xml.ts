/** Text as it stands between two tags. What XML 1.0 cannot hold at all is left out: control characters. */
export const xmlText = (text: string): string =>
  text
    // oxlint-disable-next-line no-control-regex -- those very characters
    .replaceAll(/[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]/g, '')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
