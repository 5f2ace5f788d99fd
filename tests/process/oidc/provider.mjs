// The npm package oidc-provider, with the paths of Google, on a free port, which it prints. Whoever arrives is signed in
// as the person that GET /be?sub=...&email=... has named last; GET /be?deny=1 lets them refuse. GET /roll changes the keys.
import { generateKeyPairSync } from 'node:crypto';
import http from 'node:http';

import { Provider, interactionPolicy } from 'oidc-provider';

const [publicUrl] = process.argv.slice(2);
const server = http.createServer((request, response) => void answer(request, response));
server.listen(0, '127.0.0.1', () => {
  issuer = `http://127.0.0.1:${server.address().port}`;
  roll();
  console.log(server.address().port);
});

let issuer;
let person = {};
let rolls = 0;
let provider;

function key() {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return { ...privateKey.export({ format: 'jwk' }), kid: `key-${++rolls}`, use: 'sig', alg: 'RS256' };
}

function roll() {
  const policy = interactionPolicy.base();
  policy.add(new interactionPolicy.Prompt({ name: 'select_account', requestable: true }), 0);
  provider = new Provider(issuer, {
    clients: [
      {
        client_id: 'our-id',
        client_secret: 'our-secret',
        redirect_uris: [`${publicUrl}/auth/callback/google`],
        token_endpoint_auth_method: 'client_secret_post',
      },
    ],
    jwks: { keys: [key()] },
    cookies: { keys: ['of this test alone'] },
    conformIdTokenClaims: false,
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name', 'picture'] },
    features: { devInteractions: { enabled: false } },
    interactions: { policy, url: (_, interaction) => `/interaction/${interaction.uid}` },
    routes: { authorization: '/o/oauth2/v2/auth', token: '/token', jwks: '/oauth2/v3/certs' },
    pkce: { required: () => true },
    findAccount: (_, sub) => ({
      accountId: sub,
      claims: () => ({ sub, email: person.email, email_verified: person.verified === 'true', name: person.name }),
    }),
    async loadExistingGrant(ctx) {
      const grant = new ctx.oidc.provider.Grant({
        clientId: ctx.oidc.client.clientId,
        accountId: ctx.oidc.session.accountId,
      });
      grant.addOIDCScope('openid email profile');
      await grant.save();
      return grant;
    },
  });
}

async function answer(request, response) {
  const url = new URL(request.url, issuer);
  if (url.pathname === '/be') person = Object.fromEntries(url.searchParams);
  if (url.pathname === '/roll') roll();
  if (url.pathname === '/be' || url.pathname === '/roll') return void response.end('done');
  if (!url.pathname.startsWith('/interaction/')) return void provider.callback()(request, response);
  const result = person.deny ? { error: 'access_denied' } : { select_account: {}, login: { accountId: person.sub } };
  await provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
}
