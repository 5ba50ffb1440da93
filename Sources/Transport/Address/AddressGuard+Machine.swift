import NIOCore
import Synchronization

extension AddressGuard {
    /// The addresses that the interfaces of this machine have, asked anew every few seconds; those of
    /// before while it does not tell, and none when it never did.
    package static func ownAddresses() -> [IPAddress] {
        let now = ContinuousClock.now
        return told.withLock { told in
            if let told, now < told.until { return told.addresses }
            let devices = try? System.enumerateDevices()
            let found = devices?.compactMap { device in
                device.address?.ipAddress.flatMap { IPAddress($0)?.unmapped }
            }
            let addresses = found ?? told?.addresses ?? []
            told = (addresses, now + .seconds(5))
            return addresses
        }
    }

    private static let told = Mutex<(addresses: [IPAddress], until: ContinuousClock.Instant)?>(nil)
}
