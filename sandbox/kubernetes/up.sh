#!/usr/bin/env bash
# up.sh : starts a real Kubernetes node on this machine, on a network of its own: control plane, kubelet, DNS and a volume provisioner as
# plain processes, pods in Debian's containerd. Builds the programs when the cache lacks them. What runs already is left alone. Needs root.
# Prints the kubeconfig's path as its last line; its context is ghost-platform-sandbox.
#
# Nothing leaves the machine: the API server listens on the pods' bridge only, and pods know no way to other networks.
# shellcheck source-path=SCRIPTDIR
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/../shell/announce.sh"
source "$here/../shell/cache.sh"
source "$here/../shell/debian.sh"
source "$here/../shell/lock.sh"
source "$here/../shell/process.sh"
source "$here/../images/versions.env"
source "$here/settings.sh"

need_root "a Kubernetes node"
need_programs containerd=containerd ctr=containerd runc=runc /usr/lib/cni/bridge=containernetworking-plugins iptables=iptables \
  conntrack=conntrack openssl=openssl ip=iproute2 mount=mount flock=util-linux
bin=$("$here/build.sh" | tee >(cat >&2) | tail -n 1)

lock_folder "$dir" "the node"
mkdir -p "$dir"/{log,pki,cni,volumes}
cd "$dir"

# Network --------------------------------------------------------------------------------------------------------------------------

if ! ip link show "$bridge" > /dev/null 2>&1; then
  # With a MAC address of its own: otherwise it has one of its pods', and another one when that pod goes.
  ip link add "$bridge" address 02:00:0a:f4:00:01 type bridge
  ip addr add "$gateway/24" dev "$bridge"
  ip link set "$bridge" up
fi
# While no pod serves a Service its address is nobody's: without a route of its own a request would leave the machine, and whoever answers
# there would be taken for the Service. On the bridge nobody answers.
ip route replace "$services" dev "$bridge" src "$gateway"
[[ -f ip_forward.before ]] || cat /proc/sys/net/ipv4/ip_forward > ip_forward.before # down.sh puts it back
sysctl -qw net.ipv4.ip_forward=1
# A pod that reaches a neighbour through its Service must get the answer back through the Service's address.
modprobe br_netfilter 2> /dev/null || true
sysctl -qw net.bridge.bridge-nf-call-iptables=1 2> /dev/null || true
# A Docker Engine that ever ran on this machine leaves the policy of FORWARD at DROP, also after it has ended: no pod reached a Service.
iptables --check FORWARD "${between_pods[@]}" 2> /dev/null || iptables --insert FORWARD "${between_pods[@]}"

# Certificates and the administrator's kubeconfig ----------------------------------------------------------------------------------

if [[ ! -f pki/complete ]]; then
  announce "certificates for this node"
  (
    umask 077
    cd pki
    openssl genrsa -out sa.key 2048
    openssl rsa -in sa.key -pubout -out sa.pub
    openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.crt -days 365 -subj /CN=ghost-platform-sandbox
    openssl req -newkey rsa:2048 -nodes -keyout api.key -out api.csr -subj /O=system:masters/CN=kube-apiserver
    openssl x509 -req -in api.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 365 -out api.crt \
      -extfile <(echo "subjectAltName=IP:10.96.0.1,IP:$gateway,DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc")
    openssl rand -hex 16 > token
    echo "$(cat token),admin,admin,system:masters" > tokens.csv
    touch complete
  ) > log/openssl.log 2>&1 || fail "openssl could not make the certificates: $(tail -n 3 log/openssl.log)"
fi

# Replaced in one step: whoever uses a node that runs may read it at any moment.
(
  umask 077
  cat > kubeconfig.new << YAML
apiVersion: v1
kind: Config
clusters:
  - name: $context
    cluster: { server: "https://$gateway:6443", certificate-authority-data: $(base64 -w 0 pki/ca.crt) }
users:
  - name: $context
    user: { token: $(cat pki/token) }
contexts:
  - name: $context
    context: { cluster: $context, user: $context }
current-context: $context
YAML
  mv kubeconfig.new kubeconfig
)

# Configuration --------------------------------------------------------------------------------------------------------------------

# Pods get a route to Services and neighbours and none to anywhere else.
cat > cni/10-pods.conflist << JSON
{"cniVersion":"1.0.0","name":"pods","plugins":[
  {"type":"bridge","bridge":"$bridge","isGateway":true,"hairpinMode":true,
   "ipam":{"type":"host-local","dataDir":"$dir/cni-addresses","ranges":[[{"subnet":"10.244.0.0/24"}]],"routes":[{"dst":"$services"}]}},
  {"type":"portmap","capabilities":{"portMappings":true}}]}
JSON

# restrict_oom_score_adj: kernels that forbid lowering oom_score_adj would start no pod at all.
# netns_mounts_under_state_dir: in /run/netns a later `ip netns add` would mount over the pods' namespaces, and no pod could end any more.
cat > containerd.toml << TOML
version = 2
root = "$dir/containerd"
state = "$containerd_state"
[grpc]
  address = "$containerd_socket"
[plugins."io.containerd.internal.v1.opt"]
  path = "$dir/containerd-opt"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "$PAUSE_IMAGE"
  restrict_oom_score_adj = true
  netns_mounts_under_state_dir = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "$dir/cni"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
TOML

# localStorageCapacityIsolation and the disk's eviction thresholds: the root device is not visible to the kubelet on every machine (in a
# container, in a micro-VM), and a node that believes its disk is full takes no pod.
cat > kubelet.yaml << YAML
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
address: $gateway
authentication: { anonymous: { enabled: false }, webhook: { enabled: true }, x509: { clientCAFile: $dir/pki/ca.crt } }
authorization: { mode: Webhook }
cgroupDriver: cgroupfs
clusterDNS: [$gateway]
clusterDomain: cluster.local
containerRuntimeEndpoint: unix://$containerd_socket
enforceNodeAllocatable: []
evictionHard: { memory.available: 50Mi, nodefs.available: "0%", imagefs.available: "0%" }
failCgroupV1: false
failSwapOn: false
localStorageCapacityIsolation: false
podLogsDir: $dir/pod-logs
resolvConf: $dir/resolv.conf
YAML
echo "nameserver $gateway" > resolv.conf

# Names outside the cluster do not exist, and that is answered at once.
cat > Corefile << CONF
cluster.local:53 in-addr.arpa:53 {
  bind $gateway
  errors
  kubernetes {
    kubeconfig $dir/kubeconfig $context
    pods insecure
  }
  cache 5
}
.:53 {
  bind $gateway
  template ANY ANY {
    rcode NXDOMAIN
  }
}
CONF
echo "{\"nodePathMap\":[{\"node\":\"DEFAULT_PATH_FOR_NON_LISTED_NODES\",\"paths\":[\"$dir/volumes\"]}]}" > volumes.json

# Processes ------------------------------------------------------------------------------------------------------------------------

# start PROGRAM [ARGUMENT...]: unless it runs already.
start() {
  local program=$1 path=$bin/$1
  shift
  if process_runs "$program.pid" "$program"; then return; fi
  [[ -x $path ]] || path=$(command -v "$program")
  nohup "$path" "$@" > "log/$program.log" 2>&1 < /dev/null 8>&- &
  echo $! > "$program.pid"
}
kubectl() { "$bin/kubectl" --kubeconfig "$dir/kubeconfig" "$@"; }
containerd_answers() { "${ctr[@]}" version; }
node_is_ready() { kubectl wait "node/$node" --for condition=Ready --timeout 1s; }

start etcd --data-dir "$dir/etcd-data" --unsafe-no-fsync --log-level warn --listen-peer-urls http://127.0.0.1:12380 \
  --listen-client-urls http://127.0.0.1:12379 --advertise-client-urls http://127.0.0.1:12379
start containerd --config containerd.toml
start kube-apiserver --etcd-servers http://127.0.0.1:12379 --service-cluster-ip-range "$services" \
  --bind-address "$gateway" --advertise-address "$gateway" --secure-port 6443 --tls-cert-file pki/api.crt --tls-private-key-file pki/api.key \
  --client-ca-file pki/ca.crt --service-account-key-file pki/sa.pub --service-account-signing-key-file pki/sa.key \
  --service-account-issuer https://kubernetes.default.svc --authorization-mode RBAC --token-auth-file pki/tokens.csv --allow-privileged=true \
  --kubelet-preferred-address-types InternalIP --kubelet-client-certificate pki/api.crt --kubelet-client-key pki/api.key
wait_until 30 "containerd answers" containerd_answers || fail "containerd does not answer: $(tail -n 3 log/containerd.log)"

# Before anything is scheduled: pods need the one, the volume provisioner's helper pods the other.
"$here/import.sh" pause busybox

wait_until 60 "API server is ready" kubectl get --raw /readyz || fail "the API server is not ready: $(tail -n 3 log/kube-apiserver.log)"
start kube-controller-manager --kubeconfig kubeconfig --leader-elect=false --root-ca-file pki/ca.crt --bind-address 127.0.0.1 \
  --service-account-private-key-file pki/sa.key --allocate-node-cidrs=true --cluster-cidr 10.244.0.0/16 --use-service-account-credentials=true
start kube-scheduler --kubeconfig kubeconfig --leader-elect=false --bind-address 127.0.0.1
start kubelet --config kubelet.yaml --kubeconfig kubeconfig --hostname-override "$node" --root-dir "$dir/kubelet" --node-ip "$gateway"
start kube-proxy --kubeconfig kubeconfig --proxy-mode iptables --hostname-override "$node" --cluster-cidr 10.244.0.0/16 \
  --nodeport-addresses 10.244.0.0/24,127.0.0.0/8 --healthz-bind-address 127.0.0.1:10256 \
  --conntrack-max-per-core 0 --conntrack-tcp-timeout-established 0 --conntrack-tcp-timeout-close-wait 0
start coredns -conf Corefile

kubectl apply --server-side --filename - > log/objects.log << YAML
apiVersion: v1
kind: Namespace
metadata: { name: local-path-storage }
---
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: { name: local-path, annotations: { storageclass.kubernetes.io/is-default-class: "true" } }
provisioner: rancher.io/local-path
volumeBindingMode: WaitForFirstConsumer
---
apiVersion: v1
kind: ServiceAccount
metadata: { name: local-path-provisioner-service-account, namespace: local-path-storage }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: local-path-config, namespace: local-path-storage }
data:
  config.json: '$(cat volumes.json)'
  setup: |
    #!/bin/sh
    set -eu
    mkdir -m 0777 -p "\$VOL_DIR"
  teardown: |
    #!/bin/sh
    set -eu
    rm -rf "\$VOL_DIR"
  helperPod.yaml: |
    apiVersion: v1
    kind: Pod
    metadata: { name: helper-pod }
    spec:
      containers: [{ name: helper-pod, image: "$BUSYBOX_IMAGE", imagePullPolicy: IfNotPresent }]
YAML
start local-path-provisioner start --config volumes.json --kubeconfig kubeconfig --namespace local-path-storage \
  --helper-image "$BUSYBOX_IMAGE" --configmap-name local-path-config

wait_until 90 "node $node is Ready" node_is_ready || fail "the node is not Ready: $(tail -n 3 log/kubelet.log)"
# The controller manager makes it; a pod created earlier is refused.
wait_until 30 "default service account exists" kubectl get serviceaccount default || fail "no default service account: $(tail -n 3 log/kube-controller-manager.log)"

for program in "${programs[@]}"; do
  process_runs "$program.pid" "$program" || fail "$program ended by itself: $(tail -n 3 "log/$program.log")"
done
ln -sf "$bin/kubectl" kubectl
announce "Kubernetes $(kubectl get node "$node" --output 'jsonpath={.status.nodeInfo.kubeletVersion}') is up; kubectl is $dir/kubectl"
echo "$dir/kubeconfig"
