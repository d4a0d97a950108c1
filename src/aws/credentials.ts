/** The credentials that the SDK finds by itself, with a limit on the wait for them, for which the SDK has none. */
import { type DefaultProviderInit, defaultProvider } from '@aws-sdk/credential-provider-node';

/**
 * A client's `credentialDefaultProvider`. The requests of a client share one look for credentials, which obeys no signal, and
 * which never ends where a container's endpoint takes the question and says nothing. Such a look is left behind, its requests
 * fail with a CredentialsProviderError, and the next request begins another. Nothing good is lost by that: requests wait for a
 * look only while there are no valid credentials.
 * @param limitMs time a request waits
 */
export function limitedCredentials(limitMs: number) {
  return (init?: DefaultProviderInit): ReturnType<typeof defaultProvider> => {
    let shared = defaultProvider(init);
    return async (properties) => {
      const asked = shared;
      const tooLate = Promise.withResolvers<never>();
      const timer = setTimeout(() => {
        if (shared === asked) shared = defaultProvider(init);
        tooLate.reject(noneCame(limitMs));
      }, limitMs);
      try {
        return await Promise.race([asked(properties), tooLate.promise]);
      } finally {
        clearTimeout(timer);
      }
    };
  };
}

/** Named as the SDK's own: it is by their names that its errors are told apart. */
function noneCame(limitMs: number): Error {
  const error = new Error(`no credentials came within ${limitMs} ms`);
  return Object.assign(error, { name: 'CredentialsProviderError' });
}
