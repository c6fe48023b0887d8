// An issuer of OpenID Connect on loopback. It is oidc-provider, with two additions for tests: whoever asks says in
// `login_hint` who signs in, and `/faults` makes the issuer sign wrong tokens with its right key.

import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const require = createRequire(`${process.env.QUIRE_ISSUER_PACKAGES}/package.json`);
const load = async (name) => import(pathToFileURL(require.resolve(name)).href);
const { Provider } = await load('oidc-provider');
const jose = await load('jose');

const { client, people } = JSON.parse(process.env.QUIRE_ISSUER);

const pair = await jose.generateKeyPair('RS256', { extractable: true });
const key = { ...(await jose.exportJWK(pair.privateKey)), kid: 'key', alg: 'RS256', use: 'sig' };

const server = createServer();
await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
const url = `http://127.0.0.1:${server.address().port}`;

const provider = new Provider(url, {
  clients: [
    // A native client's redirect may have any port of loopback (RFC 8252, section 7.3).
    { ...client, application_type: 'native', token_endpoint_auth_method: 'client_secret_basic' },
    { ...client, client_id: 'another', application_type: 'native', token_endpoint_auth_method: 'client_secret_basic' },
  ],
  jwks: { keys: [key] },
  cookies: { keys: ['a secret of the test'] },
  features: { devInteractions: { enabled: false } },
  claims: { openid: ['sub'], profile: ['preferred_username', 'groups'], email: ['email', 'email_verified'] },
  conformIdTokenClaims: false,
  pkce: { required: () => true },
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, ...people[id] }) }),
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
  async loadExistingGrant(ctx) {
    const grant = new ctx.oidc.provider.Grant({
      clientId: ctx.oidc.client.clientId,
      accountId: ctx.oidc.session.accountId,
    });
    grant.addOIDCScope('openid profile email');
    await grant.save();
    return grant;
  },
});

// What is wrong with the next tokens.
let fault = null;

const signed = (claims, signer = pair.privateKey, header = {}) =>
  new jose.SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid: 'key', ...header }).sign(signer);

const encoded = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

const faults = {
  audience: (claims) => signed({ ...claims, aud: 'another' }),
  audiences: (claims) => signed({ ...claims, aud: [claims.aud, 'another'] }),
  issuer: (claims) => signed({ ...claims, iss: 'https://elsewhere.example' }),
  expired: (claims) => signed({ ...claims, exp: claims.iat - 3600 }),
  nonce: (claims) => signed({ ...claims, nonce: 'another' }),
  no_nonce: ({ nonce, ...claims }) => signed(claims),
  key: async (claims) => signed(claims, (await jose.generateKeyPair('RS256')).privateKey),
  unsigned: (claims) => `${encoded({ alg: 'none' })}.${encoded(claims)}.`,
  // The client's secret as a key: only this client could know it, but also whoever stole it.
  shared_key: (claims) => signed(claims, Buffer.from(client.client_secret), { alg: 'HS256', kid: undefined }),
  changed: async (claims) => {
    const [header, , signature] = (await signed(claims)).split('.');
    return [header, encoded({ ...claims, sub: 'ada' }), signature].join('.');
  },
};

provider.use(async (ctx, next) => {
  if (ctx.path === '/faults') {
    fault = ctx.query.fault || null;
    ctx.body = 'ok';
    return;
  }
  if (ctx.path.startsWith('/interaction/')) {
    const { params } = await provider.interactionDetails(ctx.req, ctx.res);
    const agreed = { login: { accountId: params.login_hint }, consent: {} };
    const denied = { error: 'access_denied', error_description: '<script>alert(1)</script>' };
    ctx.respond = false;
    await provider.interactionFinished(ctx.req, ctx.res, params.login_hint === 'denied' ? denied : agreed);
    return;
  }
  await next();
  if (ctx.path === '/token' && fault && ctx.body?.id_token) {
    ctx.body.id_token = await faults[fault](jose.decodeJwt(ctx.body.id_token));
  }
});

server.on('request', provider.callback());
console.log(`the issuer listens on ${url}`);
