import Testing

@Suite struct GatewayTargetTests {}
