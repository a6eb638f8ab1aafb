// One scenario, lived through by every client: ask, command, hear of a change, be refused.
// `node scenario.mjs URL TOKEN TRUSTED`; prints a line of JSON for each step, and exits 0 if all went well.
import { createHash } from "node:crypto";
import { ApolloClient, ApolloLink, HttpLink, InMemoryCache, gql } from "@apollo/client";
import { Defer20220824Handler, GraphQL17Alpha9Handler } from "@apollo/client/incremental";
import { PersistedQueryLink } from "@apollo/client/link/persisted-queries";
import { GraphQLWsLink } from "@apollo/client/link/subscriptions";
import { OperationTypeNode } from "graphql";
import { cacheExchange, Client, fetchExchange } from "@urql/core";
import { createClient as createSse } from "graphql-sse";
import { createClient as createWs } from "graphql-ws";
import relay from "relay-runtime";
import WebSocket from "ws";
import { ASK, COMMAND, HEAR } from "./documents.js";

const [url, token, trusted] = process.argv.slice(2);
const headers = { authorization: `Bearer ${token}` };
const socketUrl = url.replace(/^http/, "ws");
const DEFER = "query Deferred { me { id ... @defer(label: \"later\") { language } } }";
const WRONG = "query Wrong { nothing }";
const say = (step) => console.log(JSON.stringify(step));
const sha256 = (text) => createHash("sha256").update(text).digest("hex");
const socket = (url = socketUrl) =>
  createWs({ url, webSocketImpl: WebSocket, connectionParams: headers, lazy: true });

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

// Relay sends no text: only ids, of what relay-compiler persisted and the server's manifest took in.
function relaying() {
  const ws = socket(trusted.replace(/^http/, "ws"));
  sockets.push(ws);
  const compiled = async (text) =>
    (await import(`./made/${/(documents\w+)/.exec(text)[1]}.graphql.js`)).default;
  const send = async (asked) => {
    const answer = await fetch(trusted, {
      method: "POST",
      headers: { ...headers, "content-type": "application/json" },
      body: JSON.stringify(asked),
    });
    return answer.json();
  };
  const environment = new relay.Environment({
    store: new relay.Store(new relay.RecordSource()),
    network: relay.Network.create(
      ({ id }, variables) => send({ documentId: `sha256:${id}`, variables }),
      ({ id }, variables) =>
        relay.Observable.create((sink) =>
          ws.subscribe({ query: "", documentId: `sha256:${id}`, variables }, sink),
        ),
    ),
  });
  return {
    ask: async (query) =>
      query === WRONG
        ? send({ query })
        : { data: await relay.fetchQuery(environment, await compiled(query), {}).toPromise() },
    command: async (text, variables) => {
      const mutation = await compiled(text);
      return new Promise((onCompleted, onError) =>
        relay.commitMutation(environment, {
          mutation,
          variables,
          onCompleted: (data) => onCompleted({ data }),
          onError,
        }),
      );
    },
    hear: (query, next) => {
      const hearing = compiled(query).then((subscription) =>
        relay.requestSubscription(environment, {
          subscription,
          variables: {},
          onNext: (data) => next({ data }),
          onError: (error) => say({ failed: String(error) }),
        }),
      );
      return async () => (await hearing).dispose();
    },
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
  relay: relaying(),
};

// What came, part by part: whether the client saw an answer without the deferred field first.
const deferred = {};
for (const [name, incrementalHandler] of [
  ["apollo", new GraphQL17Alpha9Handler()],
  ["apollo, older form", new Defer20220824Handler()],
]) {
  const link = new HttpLink({ uri: url, headers });
  const client = new ApolloClient({ cache: new InMemoryCache(), link, incrementalHandler });
  deferred[name] = await new Promise((resolve, reject) => {
    const seen = [];
    client.watchQuery({ query: gql(DEFER), fetchPolicy: "network-only" }).subscribe({
      next: ({ data, dataState }) => {
        if (data) seen.push(Object.keys(data.me).includes("language"));
        if (dataState === "complete") resolve(seen);
      },
      error: reject,
    });
  });
}
deferred.urql = await new Promise((resolve) => {
  const seen = [];
  const client = new Client({ url, exchanges: [fetchExchange], fetchOptions: { headers } });
  client.query(DEFER, {}).subscribe(({ data, hasNext }) => {
    seen.push(Object.keys(data.me).includes("language"));
    if (!hasNext) resolve(seen);
  });
});
say({ deferred });

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
