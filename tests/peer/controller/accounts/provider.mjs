// A certified OpenID provider with a few people: node provider.mjs MODULE SETTINGS.json
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const [module, file] = process.argv.slice(2);
const settings = JSON.parse(readFileSync(file, 'utf8'));
const { default: Provider } = await import(pathToFileURL(module));

const provider = new Provider(`http://127.0.0.1:${settings.port}`, {
  clients: [{
    client_id: 'vigie',
    client_secret: settings.secret,
    redirect_uris: [`${settings.pages}/login/oidc/back`],
    post_logout_redirect_uris: [`${settings.pages}/login`],
  }],
  jwks: { keys: [settings.key] },
  scopes: ['openid', 'profile', 'email', 'groups'],
  claims: {
    openid: ['sub'],
    profile: ['preferred_username'],
    email: ['email', 'email_verified'],
    groups: ['groups'],
  },
  // A function, because a number must be above zero, and one test wants a token of yesterday.
  ttl: { IdToken: () => settings.id_token_lasts_s },
  cookies: { keys: ['only-for-tests'] },
  // Read anew each time, so that a test can move people between groups.
  findAccount: (_, sub) => ({
    accountId: sub,
    claims: () => ({ sub, ...JSON.parse(readFileSync(settings.people, 'utf8'))[sub] }),
  }),
});
provider.listen(settings.port, '127.0.0.1', () => console.log('ready'));
