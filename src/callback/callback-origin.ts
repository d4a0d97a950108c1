/** A callback URL as it may stand in logs: its origin alone, since paths and queries carry secrets. */
export function callbackOrigin(url: string): string {
  return URL.canParse(url) ? new URL(url).origin : 'no URL';
}
