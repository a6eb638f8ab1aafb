// What the scenario asks, said once: clients send these as text, relay-compiler compiles them.
const graphql = String.raw;

export const ASK = graphql`
  query documentsAskedQuery {
    me {
      id
      language
    }
  }
`;
export const COMMAND = graphql`
  mutation documentsCommandedMutation($key: ID!, $to: Language!) {
    setLanguage(input: { language: $to, idempotencyKey: $key }) {
      __typename
      ... on SetLanguageSuccess {
        borrower {
          id
          language
        }
      }
      ... on Problem {
        code
      }
    }
  }
`;
export const HEAR = graphql`
  subscription documentsHeardSubscription {
    notificationArrived {
      kind
      title
    }
  }
`;
