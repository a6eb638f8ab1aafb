// One scenario, lived through by every client: ask, command, hear of a change, be refused.
// `node scenario.mjs URL TOKEN`; prints a line of JSON for each step, and exits 0 if all went well.
import { createHash } from "node:crypto";
import { ApolloClient, ApolloLink, HttpLink, InMemoryCache, gql } from "@apollo/client";
import { PersistedQueryLink } from "@apollo/client/link/persisted-queries";
import { GraphQLWsLink } from "@apollo/client/link/subscriptions";
import { OperationTypeNode } from "graphql";
import { cacheExchange, Client, fetchExchange } from "@urql/core";
import { createClient as createSse } from "graphql-sse";
import { createClient as createWs } from "graphql-ws";
import WebSocket from "ws";

const [url, token] = process.argv.slice(2);
const headers = { authorization: `Bearer ${token}` };
const socketUrl = url.replace(/^http/, "ws");
const ASK = "query Asked { me { id language } }";
const COMMAND = `mutation Commanded($key: ID!, $to: Language!) {
  setLanguage(input: { language: $to, idempotencyKey: $key }) {
    __typename ... on SetLanguageSuccess { borrower { id language } } ... on Problem { code }
  }
}`;
const HEAR = "subscription Heard { notificationArrived { kind title } }";
const WRONG = "query Wrong { nothing }";
const say = (step) => console.log(JSON.stringify(step));
const sha256 = (text) => createHash("sha256").update(text).digest("hex");
const socket = () =>
  createWs({ url: socketUrl, webSocketImpl: WebSocket, connectionParams: headers, lazy: true });

const sockets = [];

function apollo() {
  const ws = socket();
  sockets.push(ws);
  const http = new PersistedQueryLink({ sha256 }).concat(new HttpLink({ uri: url, headers }));
  const client = new ApolloClient({
    cache: new InMemoryCache(),
    link: ApolloLink.split(
      ({ operationType }) => operationType === OperationTypeNode.SUBSCRIPTION,
      new GraphQLWsLink(ws),
      http,
    ),
  });
  const outcome = async (running) => {
    try {
      return { data: (await running).data };
    } catch (error) {
      return { errors: error.errors ?? [{ message: String(error) }] };
    }
  };
  return {
    ask: (query) => outcome(client.query({ query: gql(query), fetchPolicy: "no-cache" })),
    command: (mutation, variables) =>
      outcome(client.mutate({ mutation: gql(mutation), variables })),
    hear: (query, next) => {
      const heard = client.subscribe({ query: gql(query) }).subscribe({ next });
      return () => heard.unsubscribe();
    },
  };
}

function urql() {
  const client = new Client({
    url,
    preferGetMethod: false,
    fetchSubscriptions: true,
    fetchOptions: { headers },
    exchanges: [cacheExchange, fetchExchange],
  });
  const outcome = ({ data, error }) =>
    error ? { errors: error.graphQLErrors.length ? error.graphQLErrors : [error] } : { data };
  return {
    ask: async (query) => outcome(await client.query(query, {}).toPromise()),
    command: async (mutation, variables) =>
      outcome(await client.mutation(mutation, variables).toPromise()),
    hear: (query, next) => client.subscription(query, {}).subscribe(next).unsubscribe,
  };
}

function over(client) {
  const once = (request) =>
    new Promise((resolve) => {
      let answer;
      client.subscribe(request, {
        next: (found) => (answer = found),
        error: (errors) => resolve({ errors: [errors].flat() }),
        complete: () => resolve(answer),
      });
    });
  return {
    ask: (query) => once({ query }),
    command: (query, variables) => once({ query, variables }),
    hear: (query, next) => client.subscribe({ query }, { next, error: say, complete() {} }),
  };
}

function overSocket() {
  const client = socket();
  sockets.push(client);
  return over(client);
}

const clients = {
  apollo: apollo(),
  urql: urql(),
  "graphql-ws": overSocket(),
  "graphql-sse": over(createSse({ url, headers })),
};

const stops = [];
const told = {};
const everybodyWasTold = new Promise((resolve) => {
  for (const [name, client] of Object.entries(clients)) {
    stops.push(
      client.hear(HEAR, (answer) => {
        told[name] = answer.data.notificationArrived;
        if (Object.keys(told).length === Object.keys(clients).length) resolve();
      }),
    );
  }
});

for (const [name, client] of Object.entries(clients)) {
  const asked = await client.ask(ASK);
  const to = asked.data.me.language === "EN" ? "ZH_HANS" : "EN";
  const commanded = await client.command(COMMAND, { key: `${name}-1`, to });
  const again = await client.command(COMMAND, { key: `${name}-1`, to });
  const wrong = await client.ask(WRONG);
  say({
    client: name,
    me: asked.data.me.id,
    changed: commanded.data.setLanguage.borrower.language === to,
    again: again.data.setLanguage.__typename,
    refused: wrong.errors[0].extensions?.code ?? wrong.errors[0].message,
  });
}
say({ ready: true });
await everybodyWasTold;
say({ told });
for (const stop of stops) stop();
for (const one of sockets) await one.dispose();
process.exit(0);
