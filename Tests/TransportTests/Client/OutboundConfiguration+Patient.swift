import OpenSSL

@testable import Transport

extension OutboundConfiguration {
    /// One whose times do not pass: beside hundreds of other tests a step of one may come late.
    static func patient(tls: TLSContext, guarding: AddressGuard) -> OutboundConfiguration {
        var configuration = OutboundConfiguration(tls: tls, guarding: guarding)
        configuration.connect = .seconds(600)
        configuration.headers = .seconds(600)
        configuration.total = .seconds(600)
        return configuration
    }
}
