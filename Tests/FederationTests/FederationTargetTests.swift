import Testing

@Suite struct FederationTargetTests {}
