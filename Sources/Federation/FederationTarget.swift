enum FederationTarget {}
