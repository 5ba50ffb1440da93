enum GatewayTarget {}
