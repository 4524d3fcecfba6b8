# shellcheck shell=bash
# What up.sh, down.sh and import.sh have to agree on.
# shellcheck disable=SC2034,SC2154 # set for, and by, the scripts that source this file

dir=$state_folder/kubernetes
node=sandbox
context=ghost-platform-sandbox
gateway=10.244.0.1 # the node's address; the bridge it stands on is the only way into the node
bridge=gp-pods
services=10.96.0.0/16
between_pods=(--in-interface "$bridge" --out-interface "$bridge" --jump ACCEPT)
containerd_state=/run/ghost-platform-containerd
containerd_socket=$containerd_state.sock
ctr=(ctr --address "$containerd_socket" --namespace k8s.io)

# In the order they start in; they are stopped in the opposite one.
programs=(etcd containerd kube-apiserver kube-controller-manager kube-scheduler kubelet kube-proxy coredns local-path-provisioner)
