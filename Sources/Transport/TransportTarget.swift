enum TransportTarget {}
