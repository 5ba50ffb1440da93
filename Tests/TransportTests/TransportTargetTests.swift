import Testing

@Suite struct TransportTargetTests {}
